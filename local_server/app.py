"""The application: every route of the server, readable as a list."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial

from fastapi import FastAPI

from local_server.chat import completions as chat, models, responses
from local_server.chat.worker import Worker
from local_server.files import routes as files, uploads
from local_server.graders import routes as graders
from local_server.graders.sandbox import Sandbox
from local_server.http import answers as wire
from local_server.http.errors import install_error_handlers
from local_server.http.gate import OPEN_TO_ALL
from local_server.http.openapi import Route, describe, texts
from local_server.http.strict_json import StrictRoute
from local_server.jobs import routes as jobs
from local_server.jobs.runner import Runner
from local_server.jobs.webhooks import Webhooks
from local_server.settings import Settings
from local_server.store import Store


async def _healthz() -> dict[str, str]:
    """Say that the server is up."""
    return {"status": "ok"}


# Method, path, handler, what it answers, and the refusals that not every route has.
ROUTES: list[Route] = [
    ("GET", OPEN_TO_ALL, _healthz, wire.Health),
    ("POST", "/v1/files", files.create, wire.File, 400, 507),
    ("GET", "/v1/files", files.list_files, wire.Files, 400, 507),
    ("GET", "/v1/files/{file_id}", files.retrieve, wire.File, 404, 507),
    ("GET", "/v1/files/{file_id}/content", files.content, wire.Content, 404, 507),
    ("DELETE", "/v1/files/{file_id}", files.delete, wire.Deleted, 404, 507),
    ("POST", "/v1/uploads", uploads.create, wire.Upload, 400, 507),
    ("POST", "/v1/uploads/{upload_id}/parts", uploads.add_part, wire.Part, 400, 404, 507),
    ("POST", "/v1/uploads/{upload_id}/complete", uploads.complete, wire.Upload, 400, 404, 507),
    ("POST", "/v1/uploads/{upload_id}/cancel", uploads.cancel, wire.Upload, 400, 404, 507),
    ("POST", "/v1/fine_tuning/jobs", jobs.create, wire.Job, 400, 404, 507),
    ("GET", "/v1/fine_tuning/jobs", jobs.list_jobs, wire.Jobs, 400),
    ("GET", "/v1/fine_tuning/jobs/{job_id}", jobs.retrieve, wire.Job, 404),
    ("POST", "/v1/fine_tuning/jobs/{job_id}/cancel", jobs.cancel, wire.Job, 400, 404, 507),
    ("POST", "/v1/fine_tuning/jobs/{job_id}/pause", jobs.pause, wire.Job, 400, 404, 507),
    ("POST", "/v1/fine_tuning/jobs/{job_id}/resume", jobs.resume, wire.Job, 400, 404, 507),
    ("GET", "/v1/fine_tuning/jobs/{job_id}/events", jobs.list_events, wire.Events, 400, 404),
    ("GET", "/v1/fine_tuning/jobs/{job_id}/checkpoints", jobs.list_checkpoints, wire.Checkpoints, 400, 404),
    ("POST", "/v1/fine_tuning/checkpoints/{checkpoint}/permissions", jobs.permissions, None),
    ("GET", "/v1/fine_tuning/checkpoints/{checkpoint}/permissions", jobs.permissions, None),
    ("DELETE", "/v1/fine_tuning/checkpoints/{checkpoint}/permissions/{id}", jobs.delete_permission, None),
    ("POST", "/v1/fine_tuning/alpha/graders/run", graders.run, wire.Graded, 400, 507),
    ("POST", "/v1/fine_tuning/alpha/graders/validate", graders.validate, wire.ValidGrader, 400, 507),
    ("GET", "/v1/models", models.list_models, wire.Models),
    ("GET", "/v1/models/{model_id:path}", models.retrieve, wire.Model, 404),
    ("DELETE", "/v1/models/{model_id:path}", models.delete, wire.Deleted, 404, 507),
    ("POST", "/v1/chat/completions", chat.create, wire.Completion | wire.Stream, 400, 404),
    ("POST", "/v1/responses", responses.create, wire.Response | wire.Stream, 400, 404),
]


def create_app(settings: Settings) -> FastAPI:
    """Build the server's application.

    Args:
        settings: Where things are kept, and the limits.

    Returns:
        The application. Training and chat processes live as long as its lifespan.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.runner.start()
        app.state.webhooks.start()
        yield
        await app.state.webhooks.stop()
        await app.state.worker.stop()
        app.state.runner.stop()
        app.state.store.close()

    # No pages for browsers: they load their scripts from the network.
    app = FastAPI(
        title="Local fine-tuning server",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.router.route_class = StrictRoute
    app.openapi = cache(partial(describe, app, ROUTES))
    app.state.settings = settings
    app.state.store = Store(settings.state / "server.db")
    app.state.runner = Runner(settings, app.state.store)
    app.state.worker = Worker(settings)
    app.state.sandbox = Sandbox(settings)
    app.state.webhooks = Webhooks(settings, app.state.store)
    install_error_handlers(app)
    for method, path, handler, *_ in ROUTES:
        app.add_api_route(path, handler, methods=[method], response_model=None, **texts(handler))
    return app
