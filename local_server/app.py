"""The application: every route of the server, readable as a list."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from fastapi import FastAPI

from local_server.chat import completions, kept_responses, responses
from local_server.chat.worker import Worker
from local_server.files import routes as files, uploads
from local_server.graders.sandbox import Sandbox
from local_server.grading import routes as graders
from local_server.http.answers import Answer
from local_server.http.errors import install_error_handlers
from local_server.http.gate import OPEN_TO_ALL
from local_server.http.openapi import Route, describe, texts
from local_server.http.strict_json import StrictRoute
from local_server.jobs import forget, models, routes as jobs
from local_server.jobs.runner import Runner
from local_server.jobs.store import JobStore
from local_server.jobs.upkeep.damage import mend
from local_server.jobs.upkeep.sweep import sweep
from local_server.jobs.webhooks import Webhooks
from local_server.projects import routes as projects
from local_server.settings import Settings
from local_server.warm.children import Children


class Health(Answer):
    """The server is up."""

    status: Literal["ok"]


async def _healthz() -> Health:
    """Say that the server is up."""
    return {"status": "ok"}


# What a route answers is the return type of its handler.
ROUTES: list[Route] = [
    Route("GET", OPEN_TO_ALL, _healthz),
    # Learners poll these two; the routes are tried in this order.
    Route("GET", "/v1/fine_tuning/jobs/{job_id}", jobs.retrieve, (404,)),
    Route("GET", "/v1/fine_tuning/jobs/{job_id}/events", jobs.list_events, (400, 404)),
    Route("POST", "/v1/files", files.create, (400, 507)),
    Route("GET", "/v1/files", files.list_files, (400, 507)),
    Route("GET", "/v1/files/{file_id}", files.retrieve, (404, 507)),
    Route("GET", "/v1/files/{file_id}/content", files.content, (400, 404, 416, 507)),
    Route("DELETE", "/v1/files/{file_id}", files.delete, (404, 507)),
    Route("POST", "/v1/uploads", uploads.create, (400, 507)),
    Route("POST", "/v1/uploads/{upload_id}/parts", uploads.add_part, (400, 404, 507)),
    Route("POST", "/v1/uploads/{upload_id}/complete", uploads.complete, (400, 404, 507)),
    Route("POST", "/v1/uploads/{upload_id}/cancel", uploads.cancel, (400, 404, 507)),
    Route("POST", "/v1/fine_tuning/jobs", jobs.create, (400, 404, 429, 507)),
    Route("GET", "/v1/fine_tuning/jobs", jobs.list_jobs, (400,)),
    Route("DELETE", "/v1/fine_tuning/jobs/{job_id}", forget.delete, (400, 404, 507)),
    Route("POST", "/v1/fine_tuning/jobs/{job_id}/cancel", jobs.cancel, (400, 404, 507)),
    Route("POST", "/v1/fine_tuning/jobs/{job_id}/pause", jobs.pause, (400, 404, 507)),
    Route("POST", "/v1/fine_tuning/jobs/{job_id}/resume", jobs.resume, (400, 404, 507)),
    Route("GET", "/v1/fine_tuning/jobs/{job_id}/checkpoints", jobs.list_checkpoints, (400, 404)),
    Route("POST", "/v1/fine_tuning/checkpoints/{checkpoint}/permissions", models.permissions),
    Route("GET", "/v1/fine_tuning/checkpoints/{checkpoint}/permissions", models.permissions),
    Route("DELETE", "/v1/fine_tuning/checkpoints/{checkpoint}/permissions/{id}", models.delete_permission),
    Route("POST", "/v1/fine_tuning/alpha/graders/run", graders.run, (400, 507)),
    Route("POST", "/v1/fine_tuning/alpha/graders/validate", graders.validate, (400, 507)),
    Route("GET", "/v1/models", models.list_models),
    Route("GET", "/v1/models/{model_id:path}", models.retrieve, (404,)),
    Route("DELETE", "/v1/models/{model_id:path}", models.delete, (404, 507)),
    Route("POST", "/v1/chat/completions", completions.create, (400, 404)),
    Route("POST", "/v1/responses", responses.create, (400, 404)),
    Route("GET", "/v1/responses/{response_id}", kept_responses.retrieve, (400, 404)),
    Route("DELETE", "/v1/responses/{response_id}", kept_responses.delete, (404, 507)),
    Route("GET", "/v1/responses/{response_id}/input_items", kept_responses.list_input_items, (400, 404)),
    Route("POST", "/v1/responses/{response_id}/cancel", kept_responses.cancel, (400, 404)),
    Route("GET", "/v1/organization/projects", projects.list_projects, (400, 404)),
    Route("POST", "/v1/organization/projects/{project_id}/purge", projects.purge, (404, 507)),
]


class _App(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = describe(self, ROUTES)
        return self.openapi_schema


def create_app(settings: Settings, children: Children) -> FastAPI:
    """Build the server's application.

    Args:
        settings: Where things are kept, and the limits.
        children: Starts the training and chat processes. Whoever made it stops it.

    Returns:
        The application. Training and chat processes live as long as its lifespan.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.runner.start()
        app.state.webhooks.start()
        if not settings.chat_on_demand:
            app.state.worker.prepare()
        yield
        await app.state.webhooks.stop()
        await app.state.worker.stop()
        app.state.runner.stop()
        app.state.store.close()

    # No pages for browsers: they load their scripts from the network.
    app = _App(
        title="Local fine-tuning server",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.router.route_class = StrictRoute
    app.state.settings = settings
    app.state.store = JobStore(settings.state / "server.db")
    if settings.projects is not None:
        app.state.store.most_running = settings.projects.limits.running_jobs
    mend(app.state.store)
    sweep(settings, app.state.store)
    app.state.runner = Runner(settings, app.state.store, children)
    app.state.worker = Worker(settings, children)
    app.state.sandbox = Sandbox(settings)
    app.state.webhooks = Webhooks(settings, app.state.store)
    install_error_handlers(app)
    for route in ROUTES:
        summary, description = texts(route.handler)
        app.add_api_route(
            route.path,
            route.handler,
            methods=[route.method],
            response_model=None,
            summary=summary,
            description=description,
        )
    return app
