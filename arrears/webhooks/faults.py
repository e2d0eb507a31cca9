"""Why something about a webhook was refused."""

from engine.domain.errors import RuleBroken


class WebhookUnknown(RuleBroken):
    sentence = "there is no webhook '{webhook}'"


class TopicUnknown(RuleBroken):
    sentence = "there are no facts of the kind {topics}; there are: {known}"


class DeliveryUnknown(RuleBroken):
    sentence = "webhook '{webhook}' has delivered nothing from {positions}: see its deliveries"
