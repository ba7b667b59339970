"""Every file ApproxLite reads or writes, one module per format: load, check, save."""
