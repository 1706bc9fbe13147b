"""Who may use the API: users with passwords, API keys, sessions with tokens, roles.

Everything here runs on wall time: a token must not outlive its quarter of an hour
because the simulation stands still, nor end early because it runs fast. The simulation
knows nothing of accounts, so they are in no event log and no snapshot of the twin.
"""

from api.accounts.accounts import Accounts, credential_of
from api.accounts.callers import Caller
from api.accounts.refusals import Forbidden, Unauthorized
from api.accounts.roles import Role

__all__ = ["Accounts", "Caller", "Forbidden", "Role", "Unauthorized", "credential_of"]
