"""The augmentation recipe: its parameters, and what of it has an effect."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search_spaces._augment import MODES, VIEWS, AugmentRecipe, augment_params, recipe_of, sample_augment
from search_spaces._hyperparameters import Choice, Fixed, Real, recorded
from search_spaces._operations import OPERATIONS

STRENGTHS = {name: row.strength for name, row in OPERATIONS.items() if row.strength}
recipes = st.builds(
    AugmentRecipe,
    mode=st.sampled_from(MODES),
    on=st.fixed_dictionaries(
        {},
        optional={name: st.floats(0.1, 1.0) if row.strength else st.just(1.0) for name, row in OPERATIONS.items()},
    ),
)


@given(recipes)
def test_recipes_and_parameters_are_inverse(recipe: AugmentRecipe) -> None:
    assert sample_augment(Fixed(augment_params(recipe))) == recipe


def test_every_parameter_has_its_name_and_domain_and_a_flip_has_no_strength() -> None:
    assert set(OPERATIONS) - set(STRENGTHS) == {"flip"}
    asked = recorded(sample_augment)
    assert list(asked) == list(augment_params(AugmentRecipe()))
    assert asked.pop("augment_mode") == Choice(("none", "combined", "one"))
    assert {name for name, domain in asked.items() if domain == Choice((False, True))} == {
        f"augment_{name}" for name in OPERATIONS
    }
    strengths = {name for name, domain in asked.items() if domain == Real(0.1, 1.0)}
    assert strengths == {f"augment_{name}_strength" for name in OPERATIONS if name != "flip"}


@given(recipes)
def test_two_recipes_with_the_same_effect_have_the_same_active_part(recipe: AugmentRecipe) -> None:
    active = recipe.active()
    params = {**augment_params(AugmentRecipe()), **{f"augment_{name}": value for name, value in active.items()}}
    assert sample_augment(Fixed(params)).active() == active, "the active part alone is as good as the whole"
    on = [name for name in OPERATIONS if name in recipe.on]
    if recipe.mode == "none" or not on:
        assert active == {"mode": "none"} and recipe.operations() == {}
        return
    strengths = {STRENGTHS[name] for name in on if name in STRENGTHS}
    assert set(active) == {"mode", *on, *strengths} and list(recipe.operations()) == on
    assert active["mode"] == recipe.mode
    assert all(
        active[name] is True and active[STRENGTHS[name]] == recipe.on[name] for name in on if name in STRENGTHS
    )


def test_what_is_active() -> None:
    recipe = AugmentRecipe("one", {"zoom": 0.3, "flip": 1.0})
    assert list(recipe.active().items()) == [("mode", "one"), ("flip", True), ("zoom", True), ("zoom_strength", 0.3)]
    assert recipe.operations() == {"flip": 1.0, "zoom": 0.3}
    assert recipe.without("flip") == recipe_of("one", ["zoom"], 0.3) and recipe.without("noise") == recipe


def test_view_policies_stand_for_what_they_always_stood_for() -> None:
    """Kept features are found by a policy's name: another policy needs another name."""
    assert {name: (policy.augmented, policy.augment.active()) for name, policy in VIEWS.items()} == {
        "none": (0, {"mode": "none"}),
        "standard": (
            4,
            {
                "mode": "combined",
                **dict.fromkeys(("rotation", "shift", "zoom", "contrast", "brightness"), True),
                **{f"{name}_strength": 0.3 for name in ("rotation", "shift", "zoom", "contrast", "brightness")},
            },
        ),
    }
