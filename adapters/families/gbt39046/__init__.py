"""The data sets of GB/T 39046-2020, as XML."""
