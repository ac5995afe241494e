"""Matrix products in bfloat16, where the processor is faster at them."""
