"""Check, repair, split and count chat datasets for fine-tuning, before a service sees them.

It knows nothing of the course: it draws nothing, connects to nothing, and reads a file as a stream.
`python -m finetune_dataset --help` names its commands. The public names are listed in `__init__.pyi`; each
module is loaded when one of its names is first used.

Floors, lowest first. A module or folder imports only from the floors below its own, or from its own folder:

    errors, chat, strict_json, display
    files, models
    formats
    rules
    shapes
    jsonlines, tokens, report
    check, quality, convert
    validate, repair, split
    __main__
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
