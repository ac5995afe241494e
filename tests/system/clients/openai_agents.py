"""openai-agents on the local server: responses by default, with memory kept here, there and by hand."""

import asyncio
import importlib.metadata

import openai
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    Runner,
    RunResult,
    SQLiteSession,
    function_tool,
    set_tracing_disabled,
)

called: list[tuple[bool, bool]] = []


@function_tool
def set_light(on: bool, bright: bool) -> str:
    """Switches the light."""
    called.append((on, bright))
    return "Done."


async def main() -> None:
    """Ask in every way that the program has; an AssertionError says what was seen instead."""
    # Traces would go to OpenAI.
    set_tracing_disabled(True)
    client = openai.AsyncOpenAI(max_retries=0)
    model = (await client.models.list()).data[0].id
    settings = ModelSettings(temperature=0)
    elle = Agent(name="Elle", instructions="You are Elle.", model=model, model_settings=settings)

    first = await ask(elle, "Tell me about Tin")
    by_hand = await ask(elle, [*first.to_input_list(), {"role": "user", "content": "And Iron?"}])
    kept = await ask(elle, "And Iron?", previous_response_id=first.last_response_id)
    session = SQLiteSession("journey")
    await ask(elle, "Tell me about Tin", session=session)
    in_session = await ask(elle, "And Iron?", session=session)
    answers = {result.final_output for result in (by_hand, kept, in_session)}
    assert len(answers) == 1, answers

    stream = Runner.run_streamed(elle, "Tell me about Tin")
    events = [event async for event in stream.stream_events()]
    assert stream.final_output == first.final_output, stream.final_output
    assert len(events) > 5, f"{len(events)} events are no stream"

    sparing = ModelSettings(temperature=0, store=False, truncation="disabled", parallel_tool_calls=False)
    forgetful = Agent(name="Elle", instructions="You are Elle.", model=model, model_settings=sparing)
    assert (await ask(forgetful, "Tell me about Tin")).final_output == first.final_output
    chat = OpenAIChatCompletionsModel(model=model, openai_client=client)
    chatting = Agent(name="Elle", instructions="You are Elle.", model=chat, model_settings=settings)
    assert (await ask(chatting, "Tell me about Tin")).final_output == first.final_output

    calling = ModelSettings(temperature=0, tool_choice="required", parallel_tool_calls=False)
    for through in (model, chat):
        lamp = Agent(name="Lamp", model=through, tools=[set_light], model_settings=calling)
        answered = await ask(lamp, "Light, please")
        stream = Runner.run_streamed(lamp, "Light, please")
        assert len([event async for event in stream.stream_events()]) > 5
        assert stream.final_output == answered.final_output, stream.final_output
    assert len(called) == 4, called
    assert len(set(called)) == 1, called
    print(f"openai-agents {importlib.metadata.version('openai-agents')}")


async def ask(agent: Agent, question: object, **options: object) -> RunResult:
    """Run an agent; its answer must not be empty."""
    result = await Runner.run(agent, question, **options)
    assert result.final_output, "the answer is empty"
    return result


if __name__ == "__main__":
    asyncio.run(main())
