import pytest

from intentional_nb.wire.realtime.faults import is_collision, is_fatal, is_harmless, named_response


@pytest.mark.parametrize(
    ("kind", "code", "fatal"),
    [
        ("invalid_request_error", "beta_api_shape_disabled", True),
        ("invalid_request_error", "invalid_model", True),
        ("invalid_request_error", "invalid_api_key", True),
        ("insufficient_quota", "", True),
        ("invalid_request_error", "session_expired", True),
        ("invalid_request_error", "cannot_update_voice", False),
        ("server_error", "inference_rate_limit_exceeded", False),
        ("invalid_request_error", "invalid_value", False),
        ("", "", False),
    ],
)
def test_only_what_will_not_pass_is_fatal(kind, code, fatal):
    assert is_fatal(kind, code) is fatal


@pytest.mark.parametrize(
    ("code", "message", "command", "harmless"),
    [
        ("response_cancel_not_active", "Cancellation failed: no active response found", "response.cancel", True),
        ("response_cancel_no_active_response", "", "", True),
        ("", "Cancellation failed: nothing there", "", True),
        ("invalid_value", "Audio content of 3700ms is already shorter than 3760ms", "", True),
        ("unsupported_content_type", "Only model output audio messages can be truncated", "", True),
        ("item_truncate_invalid_item_id", "no such item", "conversation.item.truncate", True),
        ("invalid_item_id", "no such item", "conversation.item.delete", True),
        ("item_retrieve_invalid_item_id", "no such item", "conversation.item.retrieve", False),
        ("invalid_value", "no", "conversation.item.truncate", False),
        ("input_audio_buffer_commit_empty", "buffer too small", "input_audio_buffer.commit", False),
        ("cannot_update_voice", "", "session.update", False),
    ],
)
def test_what_loses_nothing_is_harmless(code, message, command, harmless):
    assert is_harmless("invalid_request_error", code, message, command) is harmless


def test_an_empty_buffer_is_harmless_where_the_server_may_have_emptied_it():
    assert is_harmless("", "input_audio_buffer_commit_empty", "", listens=True)


def test_a_collision_is_known_by_its_code_or_its_type():
    assert is_collision("invalid_request_error", "conversation_already_has_active_response")
    assert is_collision("conversation_already_has_active_response", "")
    assert not is_collision("invalid_request_error", "")


def test_a_collision_may_not_name_the_response():
    assert named_response("busy") == ""
