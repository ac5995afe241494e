"""Measures answers without a judge: their form, whether they are right, what was learned by heart."""
