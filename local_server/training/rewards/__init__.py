"""Jobs of the method `reinforcement`: the model answers, graders reward, better answers become likelier."""
