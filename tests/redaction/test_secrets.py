"""What looks like a secret, by name and in texts, and what does not."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

from lgstream.redaction import REDACTED, redact_secrets

SECRET_NAMES = (
    "api_key apiKey APIKey apikey X-Api-Key OPENAI_API_KEY openai_api_key OPENAI_API_KEY_2 AWS_SECRET_ACCESS_KEY "
    "SECRET_KEY private_key signing_key password db_password userPassword passwd pwd PGPASSWORD MYSQL_PWD passphrase "
    "secret client_secret webhook_secret credentials access_token refreshToken id_token GITHUB_TOKEN csrf_token "
    "X-CSRF-Token authorization Authorization proxy-authorization auth auth_header cookie Set-Cookie cookies jwt "
    "password_hash new_password"
)
OTHER_NAMES = (
    "tokens token_count max_tokens total_tokens input_tokens tokenizer secretary secretly password_reset_url key keys "
    "primary_key public_key foreign_key cache_key sort_key keywords keyboard monkey author authority author_id "
    "auth_type authorization_url api_key_env access_key_id eos_token next_page_token thread_id session_id name"
)
SHOWN_TEXTS = [
    ("Authorization: Bearer abc.def.ghi", "Authorization: <redacted>"),
    ("send Bearer abcd1234efgh to it", "send Bearer <redacted> to it"),
    ("Basic dXNlcjpwYXNzd29yZA==", "Basic <redacted>"),
    ("postgres://ada:p4ss@host/db", "postgres://ada:<redacted>@host/db"),
    ("redis://:pw@host:1/0", "redis://:<redacted>@host:1/0"),
    ("https://x.org/a?api_key=abc123&page=2", "https://x.org/a?api_key=<redacted>&page=2"),
    ('{"api_key": "x", "n": 3}', '{"api_key": "<redacted>", "n": 3}'),
    (r"{\"api_key\": \"x\"}", r"{\"api_key\": \"<redacted>\"}"),
    ('{"api_key": "the end is cut o', '{"api_key": "<redacted>'),
    ('{"password": 1234}', '{"password": <redacted>}'),
    ("{'credentials': {'user': 'ada', 'value': 'x'}, 'n': 3}", "{'credentials': <redacted>, 'n': 3}"),
    ("[('authorization', 'x'), ('accept', 'y')]", "[('authorization', '<redacted>'), ('accept', 'y')]"),
    ("Client(api_key='x', n=3)", "Client(api_key='<redacted>', n=3)"),
    ("password=hunter2;Server=db", "password=<redacted>;Server=db"),
    ('password = "hunter2"', 'password = "<redacted>"'),
    ("set-cookie: sid=abc; Path=/", "set-cookie: <redacted>"),
    ("key: sk-proj-abcdefgh12345678XYZ.", "key: <redacted>."),
    ("AKIAIOSFODNN7EXAMPLE", "<redacted>"),
    ("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "<redacted>"),
]
OTHER_TEXTS = [
    "the bearer of bad news, a basic understanding", "Basic understanding of owls", "password: must be 8 characters",
    "token=5 max_tokens=512 key=3", "a sk-learn-project-with-long-name", "task-management-1234567890123456",
    "Client(api_key=api_key, password=self.password)", "api_key=os.environ['KEY']", "x = y == z",
    '"password": null', "https://example.org/owls?page=2#token", "['token', 'password', 'email']",
    '{"properties": {"api_key": {"type": "string"}}}', "Cookie: a small cake", "2024-01-01 12:00:00 = noon",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_the_value_of_a_secret_name_is_redacted(name: str):
    assert redact_secrets(name, "value") == REDACTED
    assert redact_secrets(name, {"user": "ada"}) == REDACTED


@pytest.mark.parametrize("name", OTHER_NAMES.split())
def test_the_value_of_another_name_stays(name: str):
    assert redact_secrets(name, "ab12-cd34-ef56-0000") == "ab12-cd34-ef56-0000"


@pytest.mark.parametrize("value", [None, True, False, "", [], {}, {"type": "string"}, {"anyOf": []}])
def test_a_value_that_can_be_no_secret_stays(value: Any):
    assert redact_secrets("api_key", value) is value


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("token", " owl", False),
        ("token", "Understanding", False),
        ("token", 1234, False),
        ("token", "8f14e45fceea167a", True),
        ("ANTHROPIC_KEY", "8f14e45fceea167a", True),
        ("session_tokens", 512, False),
        ("session_tokens", ["8f14e45fceea167a"], True),
    ],
)
def test_the_value_of_an_ambiguous_name_is_redacted_if_it_looks_like_a_credential(
    name: str, value: Any, is_secret: bool
):
    assert (redact_secrets(name, value) == REDACTED) is is_secret


@pytest.mark.parametrize(("text", "shown"), SHOWN_TEXTS)
def test_secrets_in_a_text_are_replaced(text: str, shown: str):
    assert redact_secrets("", text) == shown
    assert redact_secrets("", shown) == shown


@pytest.mark.parametrize("text", OTHER_TEXTS)
def test_a_text_without_secrets_is_returned_itself(text: str):
    assert redact_secrets("", text) is text


@pytest.mark.parametrize(
    "piece",
    ["token=", "secret=", "password='", 'api_key\\"', "bearer ", "cookie:", "authorization:", "://a:", "-sk-", "eyJ-",
     "-----BEGIN PRIVATE KEY-----", "a.", "password=<redacted>", "token=%", "token=(", '"token": [', '"auth": {',
     '"auth": {"type":"string"', '("auth", "', "\\"],
)  # fmt: skip
def test_the_time_for_a_text_is_linear(piece: str):
    start = perf_counter()
    redact_secrets("", "= sk- earer " + piece * (100_000 // len(piece)) + "%")
    assert perf_counter() - start < 2  # about 0.05 s; 10 s and more if it were quadratic
