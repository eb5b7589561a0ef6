"""The family epoint: platform XML, encrypted with SM4, in JSON."""
