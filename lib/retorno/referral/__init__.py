"""The referral study: does a programme pay once rewards, fraud and would-have-come-anyway are counted?"""

from retorno.referral.alike.adjusted import DEFINITIONS as _ALIKE_ADJUSTED
from retorno.referral.alike.adjusted import adjusted_value
from retorno.referral.alike.covariates import known_before
from retorno.referral.answer import answer
from retorno.referral.campaign.after import DEFINITIONS as _CAMPAIGN_AFTER
from retorno.referral.campaign.after import campaign_after
from retorno.referral.campaign.credited import DEFINITIONS as _CAMPAIGN_CREDITED
from retorno.referral.campaign.credited import campaign_credited
from retorno.referral.campaign.daily import daily_customers
from retorno.referral.campaign.effect import DEFINITIONS as _CAMPAIGN_EFFECT
from retorno.referral.campaign.effect import campaign_effect
from retorno.referral.campaign.errors import campaign_errors
from retorno.referral.campaign.placebo import DEFINITIONS as _CAMPAIGN_PLACEBO
from retorno.referral.campaign.placebo import campaign_placebo
from retorno.referral.campaign.weeks import campaign_weeks
from retorno.referral.cascade.generations import DEFINITIONS as _CASCADE_GENERATIONS
from retorno.referral.cascade.generations import generations
from retorno.referral.cascade.reproduction import DEFINITIONS as _CASCADE_REPRODUCTION
from retorno.referral.cascade.reproduction import reproduction
from retorno.referral.cascade.spread import DEFINITIONS as _CASCADE_SPREAD
from retorno.referral.cascade.timing import DEFINITIONS as _CASCADE_TIMING
from retorno.referral.cascade.timing import generation_time
from retorno.referral.cascade.tree import DEFINITIONS as _CASCADE_TREE
from retorno.referral.cascade.tree import expected_tree
from retorno.referral.fraud.flagged import DEFINITIONS as _FRAUD_FLAGGED
from retorno.referral.fraud.flagged import flag_referrals
from retorno.referral.fraud.loss import DEFINITIONS as _FRAUD_LOSS
from retorno.referral.fraud.loss import expected_loss
from retorno.referral.fraud.reviewed import DEFINITIONS as _FRAUD_REVIEWED
from retorno.referral.fraud.reviewed import review
from retorno.referral.fraud.suspects import suspects_csv
from retorno.referral.fraud.things import shared_things
from retorno.referral.fraud.threshold import DEFINITIONS as _FRAUD_THRESHOLD
from retorno.referral.fraud.threshold import review_threshold
from retorno.referral.gap.curve import DEFINITIONS as _GAP_CURVE
from retorno.referral.gap.leavers import DEFINITIONS as _GAP_LEAVERS
from retorno.referral.gap.margins import DEFINITIONS as _GAP_MARGINS
from retorno.referral.gap.margins import margin_gap
from retorno.referral.gap.panel import gap_model
from retorno.referral.gap.weighting import weighted_gap
from retorno.referral.links import links
from retorno.referral.payoff.account import account
from retorno.referral.payoff.assumptions import Assumptions
from retorno.referral.payoff.over_type_one import over_type_one
from retorno.referral.payoff.programme import DEFINITIONS as _PAYOFF_PROGRAMME
from retorno.referral.payoff.programme import programme
from retorno.referral.payoff.sensitivity import DEFINITIONS as _PAYOFF_SENSITIVITY
from retorno.referral.payoff.sensitivity import sensitivity
from retorno.referral.payoff.type_one import DEFINITIONS as _PAYOFF_TYPE_ONE
from retorno.referral.payoff.type_one import type_one
from retorno.referral.referrers.best import DEFINITIONS as _REFERRERS_BEST
from retorno.referral.referrers.best import best
from retorno.referral.referrers.cells import DEFINITIONS as _REFERRERS_CELLS
from retorno.referral.referrers.cells import cells
from retorno.referral.referrers.concentration import DEFINITIONS as _REFERRERS_CONCENTRATION
from retorno.referral.referrers.concentration import referral_concentration
from retorno.referral.referrers.confounding import DEFINITIONS as _REFERRERS_CONFOUNDING
from retorno.referral.referrers.confounding import confounding
from retorno.referral.referrers.counted import cannot_answer, counted
from retorno.referral.referrers.levels import DEFINITIONS as _REFERRERS_LEVELS
from retorno.referral.referrers.levels import referrer_levels
from retorno.referral.referrers.referral_value import DEFINITIONS as _REFERRERS_REFERRAL_VALUE
from retorno.referral.referrers.referral_value import referral_value
from retorno.referral.staying.adjusted import DEFINITIONS as _STAYING_ADJUSTED
from retorno.referral.staying.adjusted import adjusted_hazard
from retorno.referral.staying.hidden import DEFINITIONS as _STAYING_HIDDEN
from retorno.referral.staying.hidden import hidden
from retorno.referral.staying.proportional import DEFINITIONS as _STAYING_PROPORTIONAL
from retorno.referral.staying.proportional import proportional
from retorno.referral.staying.readings import DEFINITIONS as _STAYING_READINGS
from retorno.referral.staying.readings import readings
from retorno.referral.staying.referrer_left import DEFINITIONS as _STAYING_REFERRER_LEFT
from retorno.referral.staying.referrer_left import referrer_left
from retorno.referral.staying.restricted import DEFINITIONS as _STAYING_RESTRICTED
from retorno.referral.staying.restricted import restricted
from retorno.referral.staying.retention import DEFINITIONS as _STAYING_RETENTION
from retorno.referral.staying.retention import retention
from retorno.referral.tenure import follow
from retorno.referral.worth.horizon import value_by_horizon
from retorno.referral.worth.published import DEFINITIONS as _WORTH_PUBLISHED
from retorno.referral.worth.published import published_form
from retorno.referral.worth.value import DEFINITIONS as _WORTH_VALUE
from retorno.referral.worth.value import customer_value

DEFINITIONS = (
    *_GAP_MARGINS,
    *_GAP_CURVE,
    *_GAP_LEAVERS,
    *_STAYING_RETENTION,
    *_STAYING_RESTRICTED,
    *_STAYING_READINGS,
    *_STAYING_PROPORTIONAL,
    *_STAYING_REFERRER_LEFT,
    *_WORTH_VALUE,
    *_WORTH_PUBLISHED,
    *_ALIKE_ADJUSTED,
    *_STAYING_ADJUSTED,
    *_STAYING_HIDDEN,
    *_PAYOFF_TYPE_ONE,
    *_PAYOFF_PROGRAMME,
    *_PAYOFF_SENSITIVITY,
    *_REFERRERS_CONCENTRATION,
    *_REFERRERS_REFERRAL_VALUE,
    *_REFERRERS_CELLS,
    *_REFERRERS_BEST,
    *_CASCADE_GENERATIONS,
    *_CASCADE_REPRODUCTION,
    *_CASCADE_SPREAD,
    *_CASCADE_TIMING,
    *_CASCADE_TREE,
    *_FRAUD_FLAGGED,
    *_FRAUD_REVIEWED,
    *_FRAUD_LOSS,
    *_FRAUD_THRESHOLD,
    *_CAMPAIGN_EFFECT,
    *_CAMPAIGN_AFTER,
    *_CAMPAIGN_CREDITED,
    *_CAMPAIGN_PLACEBO,
    *_REFERRERS_LEVELS,
    *_REFERRERS_CONFOUNDING,
)

__all__ = [
    "DEFINITIONS",
    "Assumptions",
    "account",
    "adjusted_hazard",
    "adjusted_value",
    "answer",
    "best",
    "campaign_after",
    "campaign_credited",
    "campaign_effect",
    "campaign_errors",
    "campaign_placebo",
    "campaign_weeks",
    "cannot_answer",
    "cells",
    "confounding",
    "counted",
    "customer_value",
    "daily_customers",
    "expected_loss",
    "expected_tree",
    "flag_referrals",
    "follow",
    "gap_model",
    "generation_time",
    "generations",
    "hidden",
    "known_before",
    "links",
    "margin_gap",
    "over_type_one",
    "programme",
    "proportional",
    "published_form",
    "readings",
    "referral_concentration",
    "referral_value",
    "referrer_left",
    "referrer_levels",
    "reproduction",
    "restricted",
    "retention",
    "review",
    "review_threshold",
    "sensitivity",
    "shared_things",
    "suspects_csv",
    "type_one",
    "value_by_horizon",
    "weighted_gap",
]
