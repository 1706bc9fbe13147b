"""Tag Authentication."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Depends, Path, Request
from starlette.responses import Response

from api.accounts import Caller, Role
from api.hosting import Worlds
from api.preferences import API_KEY_LIFETIME_DAYS, Preferences
from api.routes.base import (
    CalledBy,
    OnAccounts,
    OnPreferences,
    answer_page,
    asked_by,
    described,
    get_world,
    make_router,
)
from api.wire.accounts import API_KEYS, USERS, WALL, ApiKeyInfo, UserRow, UserSchema, key_item, user_item
from api.wire.auth import (
    POLICY,
    ApiKeyCreateInput,
    ApiKeyCreateResponse,
    ApiKeyDeleteResponse,
    AuthenticateResponse,
    ForgotPasswordRequest,
    LoginRequest,
    LoginResponse,
    Message,
    PasswordPolicyResponse,
    RefreshTokenRequest,
    ResetPasswordRequest,
    SignupRequest,
    SignUpResponse,
    TokenResponse,
    UserUpdateRequest,
    UserUpdateResponse,
    deleted_body,
    signup_body,
    subject_body,
    tokens_body,
    user_body,
)
from api.wire.common import Page, PathInt
from api.wire.errors import ALWAYS, CONFLICT, CROWDED, FORBIDDEN, NOT_FOUND, TOO_LARGE, Documented
from api.wire.exact import ExactResponse

# Accounts do not need the simulation, but nothing answers when it has failed.
router = make_router("Authentication", Depends(get_world))

# The reference lists the credential for these as well; it is not needed, nor looked at.
OPEN: dict[str, Any] = {"security": [{}]}
NOBODY = UserUpdateRequest()


def _unauthorized(description: str) -> Documented:
    return {401: {**ALWAYS[401], "description": description}}


@router.get(
    "/auth/api_keys",
    operation_id="get_api_keys",
    summary="API keys",
    response_model=Page[ApiKeyInfo],
    responses=described(FORBIDDEN),
    openapi_extra=asked_by(API_KEYS),
)
async def get_api_keys(request: Request, accounts: OnAccounts) -> Response:
    """All API keys with their values, oldest first; for Super Admins only."""
    return answer_page(API_KEYS, request, accounts.keys.all(), WALL, key_item)


@router.delete(
    "/auth/api_keys/{api_key_id}",
    operation_id="delete_api_key",
    summary="Take an API key away",
    response_model=ApiKeyDeleteResponse,
    responses=described(FORBIDDEN, NOT_FOUND, CONFLICT),
)
async def delete_api_key(
    api_key_id: Annotated[PathInt, Path(description="Id of the key.")], accounts: OnAccounts
) -> Response:
    """The key opens nothing from now on, not even the next call of who has just deleted it.

    The last credential with which anybody could administer the twin stays: 409.
    """
    return ExactResponse(deleted_body(accounts.keys.delete(api_key_id)))


@router.get(
    "/auth/authenticate",
    operation_id="authenticate",
    summary="Who am I",
    response_model=AuthenticateResponse,
)
async def authenticate(caller: CalledBy, preferences: OnPreferences) -> Response:
    """Answers 200 to a credential that holds and 401 to any other, as Traefik's ForwardAuth needs."""
    return ExactResponse({"user": subject_body(caller), "settings": _settings_of(caller, preferences)})


def _settings_of(caller: Caller, preferences: Preferences) -> dict[str, Any]:
    """What is set for a caller."""
    settings = preferences.resolved_for(caller.owner)
    return settings | {"locale": caller.user.locale} if caller.user else settings


@router.post(
    "/auth/create_account",
    operation_id="create_account",
    summary="New user",
    response_model=SignUpResponse,
    responses=described(FORBIDDEN, CONFLICT, TOO_LARGE),
)
async def create_account(wanted: SignupRequest, accounts: OnAccounts) -> Response:
    """Makes a user without a password, and a one-time code to set one.

    There is no mail here: a Super Admin reads the code in the listing of users and
    passes it on. It holds for 24 hours.
    """
    role, locale = Role(wanted.role), wanted.locale.value
    return ExactResponse(signup_body(accounts.users.create(wanted.email, wanted.username, role, locale)))


@router.post(
    "/auth/forgot_password",
    operation_id="forgot_password",
    summary="Ask for a one-time code",
    response_model=Message,
    responses=described(TOO_LARGE),
    openapi_extra=OPEN,
)
async def forgot_password(asked: ForgotPasswordRequest, accounts: OnAccounts) -> Response:
    """Makes a code that holds for 15 minutes, which a Super Admin can read and pass on.

    The answer does not tell whether there is such a user. Needs no credential.
    """
    accounts.signing_in.forget(asked.email)
    return ExactResponse(
        Message(message="If there is such a user, a Super Admin can now see a one-time code for them")
    )


@router.post(
    "/auth/generate_api_key",
    operation_id="generate_api_key",
    summary="New API key",
    response_model=ApiKeyCreateResponse,
    responses=described(TOO_LARGE),
)
async def generate_api_key(
    wanted: ApiKeyCreateInput, caller: CalledBy, accounts: OnAccounts, preferences: OnPreferences
) -> Response:
    """Makes a key that has the role of who asks for it.

    It ends after as many days as the setting `api_key.lifetime_days` says then, usually a year.
    """
    key = accounts.keys.make(wanted.name, caller, preferences.system(API_KEY_LIFETIME_DAYS))
    return ExactResponse({"api_key": key.value})


@router.post(
    "/auth/login",
    operation_id="login",
    summary="Log in",
    response_model=LoginResponse,
    responses=described(
        _unauthorized("E-mail or password is wrong, or the account is locked."),
        {403: {**FORBIDDEN[403], "description": "The password is right and has expired."}},
        TOO_LARGE,
        CROWDED,
    ),
    openapi_extra=OPEN,
)
async def login(who: LoginRequest, accounts: OnAccounts) -> Response:
    """Opens a session. Five wrong passwords in a row lock the account for 15 minutes.

    Needs no credential.
    """
    return ExactResponse(tokens_body(await accounts.signing_in.log_in(who.email, who.password)))


@router.get(
    "/auth/password_policy",
    operation_id="get_password_policy",
    summary="What a password must have",
    response_model=PasswordPolicyResponse,
    openapi_extra=OPEN,
)
async def get_password_policy() -> Response:
    """The rules that a new password is held against. Needs no credential."""
    return ExactResponse(POLICY)


@router.post(
    "/auth/refresh_token",
    operation_id="refresh_token",
    summary="New tokens",
    response_model=TokenResponse,
    responses=described(_unauthorized("The refresh token does not hold."), TOO_LARGE),
    openapi_extra=OPEN,
)
async def refresh_token(old: RefreshTokenRequest, accounts: OnAccounts, request: Request) -> Response:
    """Gives a new pair for a refresh token, which is used up by that.

    Used a second time it ends the whole session. Needs no credential.
    """
    worlds: Worlds = request.app.state.worlds
    hosted = worlds.of_token(old.refresh_token)
    sessions = accounts.sessions if hosted is None else hosted.accounts.sessions
    return ExactResponse(tokens_body(sessions.refresh(old.refresh_token)))


@router.post(
    "/auth/reset_password",
    operation_id="reset_password",
    summary="Set a new password",
    response_model=Message,
    responses=described(
        _unauthorized("The code or the old password is wrong, or there were too many attempts."),
        TOO_LARGE,
        CROWDED,
    ),
    openapi_extra=OPEN,
)
async def reset_password(wanted: ResetPasswordRequest, accounts: OnAccounts) -> Response:
    """Takes the one-time code, or else the old password. All sessions of the user end.

    A code bears five wrong guesses. Needs no credential.
    """
    await accounts.signing_in.reset(wanted.wish())
    return ExactResponse(Message(message="The new password is set; log in with it"))


@router.patch(
    "/auth/update_user",
    operation_id="update_user",
    summary="Change a user",
    response_model=UserUpdateResponse,
    responses=described(FORBIDDEN, NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def update_user(
    caller: CalledBy, accounts: OnAccounts, wanted: Annotated[UserUpdateRequest, Body()] = NOBODY
) -> Response:
    """Changes the name or the role of the user whom `user_id`, `email` or both name.

    Users change their own name, Super Admins everything. A new role counts at once,
    a lower one also for the API keys that the user has made.
    """
    return ExactResponse(user_body(accounts.users.change(wanted.wish(), caller)))


@router.get(
    "/auth/users",
    operation_id="get_users",
    summary="Users",
    response_model=Page[UserSchema],
    responses=described(FORBIDDEN),
    openapi_extra=asked_by(USERS),
)
async def get_users(request: Request, accounts: OnAccounts) -> Response:
    """All users with their one-time codes, oldest first; for Super Admins only."""
    now_ms = accounts.now_ms()
    rows = [UserRow.at(user, now_ms) for user in accounts.users.all()]
    return answer_page(USERS, request, rows, WALL, user_item)
