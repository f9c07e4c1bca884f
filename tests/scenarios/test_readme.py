"""What the README shows is what happens."""

import json
import re
from pathlib import Path
from typing import Any

from app.graphiql import PEOPLE
from app.settings import PREFIX, Group, Settings

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


async def test_the_first_query_gives_the_answer_printed_there(api: Any) -> None:
    """The README's query, as Anna in English, answers just what is printed below it."""
    query = re.search(r"--data-urlencode 'query=(.*?)'", README, re.DOTALL)
    answer = re.search(r"```json\n(.*?)\n```", README, re.DOTALL)
    assert query
    assert answer

    assert json.loads(answer[1]) == await api.ask(query[1], person="anna", headers={"accept-language": "en"})


async def test_the_answer_without_the_erp_is_the_one_printed_there(api: Any) -> None:
    """The README's second query, with the ERP down after the first, answers just what is printed below it."""
    queries = re.findall(r"--data-urlencode 'query=(.*?)'", README, re.DOTALL)
    answers = re.findall(r"```json\n(.*?)\n```", README, re.DOTALL)
    await api.data(queries[0], person="anna", headers={"accept-language": "en"})
    api.sandbox.fault("erp", "down")
    assert [2, 2] == [len(queries), len(answers)]

    found = await api.ask(queries[1], person="anna", headers={"accept-language": "en"})

    assert json.loads(answers[1]) == found


def test_everybody_to_try_it_as_is_in_the_table() -> None:
    """Whom GraphiQL offers the README names."""
    assert [] == [person.id for person in PEOPLE if f"| `{person.id}` |" not in README]


def test_every_setting_is_in_the_table() -> None:
    """Each setting stands in the README's table by the name one sets."""
    for name, setting in Settings.model_fields.items():
        group = setting.annotation
        if isinstance(group, type) and issubclass(group, Group):
            fields = group.model_fields
            for field in fields:
                names = (f"{PREFIX}{name}_{field}", f"{PREFIX}<S>_{field}", f"{PREFIX}<KIND>_{field}")

                assert any(f"`{n.upper()}`" in README for n in names), names
        else:
            assert f"`{PREFIX}{name.upper()}`" in README
