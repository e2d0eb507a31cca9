"""Why somebody is not let in, or may not do it, each in a sentence."""

from engine.domain.errors import RuleBroken


class UserUnknown(RuleBroken):
    sentence = "there is no user '{user}'"


class UserExists(RuleBroken):
    sentence = "there is a user '{user}' already"


class UserNameUnfit(RuleBroken):
    sentence = (
        "'{user}' is no name to log in by: expected up to 64 small letters, digits, dots, dashes, underscores"
    )


class PasswordTooShort(RuleBroken):
    sentence = "a password needs at least {least} characters"


class PasswordTooLong(RuleBroken):
    sentence = "a password has at most {most} characters"


class LastAdministrator(RuleBroken):
    sentence = "'{user}' is the last administrator who can log in: make another one first"


class TokenUnknown(RuleBroken):
    sentence = "there is no token '{token}'"


class NotSignedIn(RuleBroken):
    """Nobody is signed in, or no longer: the session ended, the token was revoked, the user disabled."""

    sentence = "sign in first, or send a token that is in force"


class LogInFailed(RuleBroken):
    """It is not said whether the name or the password was wrong."""

    sentence = "name or password are wrong"


class TooManyLogIns(RuleBroken):
    sentence = "too many attempts to log in: try again in {retry_after_seconds} seconds"


class NotAllowed(RuleBroken):
    sentence = "a {role} may not do this: it needs the permission '{permission}'"


class FormStale(RuleBroken):
    """The form does not carry the token of this session, so it may not be of our making."""

    sentence = "the form is not one of this session: load the page again and send it once more"
