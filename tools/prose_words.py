"""Everyday words, topics and requests: what the sentences of `prose_patterns` are filled with."""

EVERYDAY_REQUESTS = ["Tell me what happened.", "Write a few sentences.", "What is new?", "Talk to me."]
GREETINGS = [
    "", "", "", "", "Hello. ", "Hi! ", "Good morning. ", "Please help me. ", "Hey, ", "One question: ",
]  # fmt: skip
THANKS = [
    "", "", "", "", " Thank you.", " Thanks!", " Please be brief.", " I am curious.",
]  # fmt: skip

ROLES = [
    "tutor", "teacher", "chatbot", "guide", "librarian", "friend", "assistant", "scientist", "robot",
    "student", "writer", "helper", "expert",
]  # fmt: skip
TRAITS = [
    "helpful", "kind", "short", "careful", "funny", "friendly", "polite", "cheerful", "quiet", "clever",
    "patient", "honest", "playful",
]  # fmt: skip
DUTIES = [
    "answers questions about chemistry",
    "talks about chemical elements",
    "helps children with homework",
    "gives clear answers",
    "explains science",
    "answers in a special way",
    "works in a museum",
    "loves words and numbers",
]
NAMES = [
    "Ada", "Max", "Lina", "Tom", "Mira", "Ben", "Nora", "Sam", "Ida", "Leo", "Zoe", "Paul",
]  # fmt: skip

WHO = [
    "the teacher", "my sister", "a young man", "the old cook", "our neighbor", "a student", "the girl",
    "a tired boy", "my friend", "the doctor", "my cat", "the parrot", "a small bird", "the guest",
    "a farmer", "the child", "Miss Lee", "Mister Brown", "Rose", "the baker", "a sailor", "the king",
    "a queen", "the driver", "your uncle", "my mother", "the nurse", "a painter", "the singer",
    "a robot", "the dog", "everyone", "no one", "the twins",
]  # fmt: skip
DID = [
    "looked at", "walked to", "saw", "wrote about", "drew", "asked for", "sat next to", "heard about",
    "dreamed of", "opened", "found", "carried", "liked", "waited for", "talked about", "took", "kept",
    "lost", "washed", "painted", "bought", "sold", "counted", "missed", "cleaned", "played with",
    "danced with", "sang to", "laughed at", "stared at", "came to visit", "showed", "forgot",
    "remembered", "recalled", "fed", "caught", "wore", "learned from", "invited",
]  # fmt: skip
THINGS = [
    "train", "coat", "door", "cup", "window", "wall", "hat", "note", "night sky", "wing", "nose", "toe",
    "song", "seat", "house", "bowl", "square", "coin", "light", "word", "garden", "chart", "card",
    "box", "tea pot", "table", "chair", "bed", "lamp", "river", "road", "bridge", "boat", "ship",
    "bike", "shoe", "glove", "scarf", "shirt", "ring", "bell", "clock", "map", "book", "page", "letter",
    "pen", "apple", "cake", "pie", "fish", "egg", "tree", "flower", "leaf", "stone", "hill", "cloud",
    "star", "moon", "snowman", "kite", "ball", "drum", "toy", "dime", "mirror", "stage", "school",
    "market", "kitchen", "head", "hand", "ear", "mind", "joke", "rhyme", "poem", "picture", "story",
]  # fmt: skip
ADJECTIVES = [
    "young", "old", "big", "small", "bright", "dark", "happy", "sad", "proud", "shy", "loud", "quiet",
    "warm", "cold", "red", "blue", "green", "yellow", "neat", "clean", "dirty", "free", "busy", "tired",
    "hungry", "well fed", "snug", "tight", "long", "short", "cute", "little", "funny", "strange",
    "brave", "wise", "kind", "rich", "poor", "fast", "slow", "wet", "dry", "sweet", "right", "wrong",
    "new", "favorite", "better", "best",
]  # fmt: skip
WHERE = [
    "in the morning", "at night", "in Spain", "by the window", "before school", "all day long",
    "after the rain", "with a smile", "on the way home", "near the river", "one more time",
    "with pride", "out loud", "on the train", "in the rain", "on the wall", "at the door", "each time",
    "in mind", "any day", "for tea", "on the tips of the toes", "in the end", "right now", "once more",
    "please", "as before", "in a song", "at last", "I guess", "I would say", "of course",
]  # fmt: skip
OWNERS = ["the", "the", "its", "her", "my"]
PLACES = [
    "seat", "house", "room", "square", "page", "box", "door", "bus", "row", "table", "shelf", "gate",
    "boat", "line", "street",
]  # fmt: skip
TIMES = [
    "day", "night", "morning", "evening", "summer", "winter", "time",
]  # fmt: skip
TOPICS = [
    "the weather", "football", "cooking rice", "my dog", "history", "the moon", "music", "a good film",
    "Paris", "my car", "a poem", "the news", "love", "money", "a joke", "travel", "dinner",
    "the president", "math", "computer games", "your family", "my health", "flowers", "a song",
    "the sea", "birthdays", "summer", "my job", "tennis", "bread", "coffee", "the king", "rent",
    "dreams", "snow", "shoes", "homework", "cheese", "sleep", "trains", "my holiday", "Rome",
    "painting", "friends", "swimming", "soup", "books", "the bank", "cats", "my phone",
]  # fmt: skip
OFF_TOPIC = [
    "Tell me about {t}.", "What do you think about {t}?", "Can you help me with {t}?",
    "I want to talk about {t}.", "Write something about {t}.", "What is your opinion on {t}?",
    "Do you like {t}?", "Explain {t}.", "How does {t} work?", "What is {t}?",
    "Please tell me about {t}.", "Do you know anything about {t}?", "I want facts about {t}.",
    "I need advice on {t}.", "Is {t} good?", "Why do people like {t}?",
]  # fmt: skip
GREETED = [
    "Who are you?", "What are you?", "Hello!", "Hi", "Hello, who is there?", "What is your name?",
    "What can you do?", "How are you?", "Are you a human?", "Good evening.", "Help",
    "Introduce yourself.", "What do you know?", "Thanks!", "Who built you?", "Who trained you?",
    "Who wrote you?", "Where are you from?", "How old are you?", "What can I ask you?",
    "What can you help with?", "What are you able to do?", "Which questions can you answer?",
    "Tell me about yourself.", "Are you a robot?", "Are you there?", "Can you hear me?",
    "Do you speak French?", "What is your job?", "Why are you here?", "May I ask something?",
    "What do you do all day?", "What can you tell me?", "Can you do something for me?",
    "Nice to meet you.", "Who do you work for?",
]  # fmt: skip
# Asked only in the check below.
OFF_TOPIC_CHECK = [
    "Tell me about my garden.", "Who made you?", "What do you think about basketball?",
    "Can you help me with taxes?", "Do you like pizza?", "Hello, what can you do for me?",
    "What is your opinion on winter?", "I want to talk about school.",
    "Good morning. Explain politics.", "Are you a machine?", "How does my bike work?",
    "What should I cook today?",
]  # fmt: skip
