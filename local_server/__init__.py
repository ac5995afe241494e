"""A server on this machine that speaks OpenAI's fine-tuning wire, and really trains.

The rooms stand on each other in this order; each may import what is further down, and the dataset checker:

    __main__, serving, app
                    the program, and the list of all routes
    export          a model as a plain folder, or a GGUF file: `python -m local_server.export`
    options         what can be given on the command line
    projects        a class as the server's owner sees it: `python -m local_server.projects`
    grading         the routes that run graders
    chat            chat completions and responses, asked from the chat process
    jobs            fine-tuning jobs and the models that they make
    on_ray          training on a Ray cluster, in place of forks: `python -m local_server.on_ray`
    warm            starts training and chat processes, as forks of one that has PyTorch loaded
    generation      the chat process: `python -m local_server.generation`
    training        the training program: `python -m local_server.training`
    graders         rewards for answers, without the models of the server
    files           files and uploads
    connections     what one connection may cost
    http            what every request passes, and the forms of answers
    store           one SQLite file
    settings        what is chosen at the start
    offered         which base models a server offers, and their aliases
    real_model      installs the real base model: `python -m local_server.real_model`
    base_models     what jobs can start from
    access          who may use the server: keys of projects, and their limits

The server process never loads torch: it takes from `training` and `generation` only the modules that tell
how one talks with them (`job_log`, `specification`, `shortage`, `keeping`, `tokenize`, `messages`), and where
schemas stand in a schema (`walk`).
"""
