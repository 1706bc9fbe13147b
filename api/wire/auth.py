"""Bodies of the tag Authentication; those of its listings are in ``accounts``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, EmailStr, Field, Strict, StringConstraints
from typing_extensions import TypedDict

from api.accounts import Caller, Role, policy
from api.accounts.records import ApiKey, User
from api.accounts.sessions import Pair
from api.accounts.signing_in import Reset
from api.accounts.users import Wish
from api.wire.common import Name, Text, Whole, null_means, without_nul

LONGEST_TOKEN = 4096


class RoleEnum(StrEnum):
    """What someone may do; a Super Admin may do everything."""

    SUPER_ADMIN = Role.SUPER_ADMIN.value
    USER = Role.USER.value


class LocaleEnum(StrEnum):
    """A language."""

    EN = "en"
    DE = "de"


Email = Annotated[EmailStr, AfterValidator(str.lower), Field(description="Kept and compared in lower case.")]
Password = Annotated[
    str, Strict(), StringConstraints(max_length=policy.MAX_LENGTH), AfterValidator(without_nul)
]
Token = Annotated[str, Strict(), StringConstraints(max_length=LONGEST_TOKEN)]
Tongue = Annotated[LocaleEnum, null_means(LocaleEnum.EN, LocaleEnum)]
Language = Annotated[Tongue, Field(description="Accepted; all answers are in English.")]


class SignupRequest(BaseModel):
    """A new user."""

    username: Text
    email: Email
    role: Annotated[RoleEnum, null_means(RoleEnum.USER, RoleEnum)] = RoleEnum.USER
    locale: Annotated[Tongue, Field(description="The language of the user.")] = LocaleEnum.EN


class SignUpResponse(TypedDict):
    """A user as created."""

    id: int
    username: str
    email: EmailStr


class ForgotPasswordRequest(BaseModel):
    """Whose password is forgotten."""

    email: Email
    locale: Language = LocaleEnum.EN


class LoginRequest(BaseModel):
    """Who logs in."""

    email: Email
    password: Password
    locale: Language = LocaleEnum.EN


class ResetPasswordRequest(BaseModel):
    """A new password, with the one-time code or the old password."""

    email: Email
    new_password: Annotated[Password, Field(description="Must hold to the password policy.")]
    old_password: Password | None = None
    otp: Annotated[Name | None, Field(description="The code; counts where both are given.")] = None
    locale: Annotated[Name, Field(description="Accepted; all answers are in English.")] = "en"

    def wish(self) -> Reset:
        """What it asks for."""
        return Reset(self.email, self.new_password, self.old_password, self.otp)


class RefreshTokenRequest(BaseModel):
    """The refresh token of the latest pair."""

    refresh_token: Token


class _Tokens(TypedDict):
    access_token: Annotated[str, Field(description="For the Authorization header, 15 minutes.")]
    token_type: Annotated[str, Field(description="Always `bearer`.")]
    refresh_token: Annotated[str, Field(description="For one new pair, within 7 days.")]


class LoginResponse(_Tokens):
    """The first tokens of a session."""


class TokenResponse(_Tokens):
    """The next tokens of a session."""


class Message(TypedDict):
    """A word about what was done."""

    message: str


class ApiKeyCreateInput(BaseModel):
    """A new API key."""

    name: Annotated[Text, Field(description="What it is for.")]


class ApiKeyCreateResponse(TypedDict):
    """An API key as created."""

    api_key: str


class ApiKeyDeleteResponse(TypedDict):
    """An API key as it was."""

    message: str
    deleted_key: Annotated[str, Field(description="Its value, which opens nothing any more.")]
    deleted_key_id: int
    deleted_key_name: str


class AuthenticatedSubject(TypedDict):
    """Who has called: a user, or an API key with its own id and name."""

    id: int
    username: str
    email: Annotated[EmailStr | None, Field(description="Null for an API key.")]
    role: str


class AuthenticateResponse(TypedDict):
    """Who has called, and what is set for them."""

    user: AuthenticatedSubject
    settings: dict[str, Any]


class PasswordPolicyResponse(TypedDict):
    """What a password must have."""

    min_length: Annotated[int, Field(description="In characters.")]
    require_digit: bool
    require_lowercase: bool
    require_uppercase: bool
    require_special: bool
    special_characters: Annotated[str, Field(description="All characters that count as special.")]
    special_characters_pattern: Annotated[str, Field(description="The same as a regular expression.")]


class UserUpdateRequest(BaseModel):
    """Who is to be changed, and how; what is left out stays as it is."""

    user_id: Whole | None = None
    email: Annotated[Email | None, Field(description="Names the user; it cannot be changed.")] = None
    username: Text | None = None
    role: RoleEnum | None = None

    def wish(self) -> Wish:
        """What it asks for."""
        return Wish(self.user_id, self.email, self.username, Role(self.role) if self.role else None)


class UserUpdateResponse(TypedDict):
    """A user as they are now."""

    id: int
    username: str
    email: EmailStr
    role: RoleEnum


POLICY: PasswordPolicyResponse = {
    "min_length": policy.MIN_LENGTH,
    "require_digit": True,
    "require_lowercase": True,
    "require_uppercase": True,
    "require_special": True,
    "special_characters": policy.SPECIAL,
    "special_characters_pattern": policy.SPECIAL_PATTERN,
}


def tokens_body(pair: Pair) -> _Tokens:
    """The body for a pair of tokens."""
    return {"access_token": pair.access, "token_type": "bearer", "refresh_token": pair.refresh}


def signup_body(user: User) -> SignUpResponse:
    """The body for a user just created."""
    return {"id": user.id, "username": user.username, "email": user.email}


def user_body(user: User) -> UserUpdateResponse:
    """The body for a user."""
    role = RoleEnum(user.role)
    return {"id": user.id, "username": user.username, "email": user.email, "role": role}


def deleted_body(key: ApiKey) -> ApiKeyDeleteResponse:
    """The body for a key that was deleted."""
    return {
        "message": f"The API key {key.name} opens nothing any more",
        "deleted_key": key.value,
        "deleted_key_id": key.id,
        "deleted_key_name": key.name,
    }


def subject_body(caller: Caller) -> AuthenticatedSubject:
    """The body for a caller."""
    email = caller.user.email if caller.user else None
    return {"id": caller.id, "username": caller.name, "email": email, "role": caller.role}
