"""What a job trains, and on what: chosen by the memory, the processor and the GPU that are there."""
