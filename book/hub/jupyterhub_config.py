"""A JupyterHub for one class on one machine; book/hub.md says how to use it, and its limits.

Everybody's server runs under the account that starts the hub: learners could read one another's
files. For people who do not trust one another take a spawner that keeps them apart.
"""

import os
from pathlib import Path

from course_lib.working import layout

c = get_config()  # noqa: F821  JupyterHub gives it to this file

# Names and one password for all, told in the room.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["CLASS_PASSWORD"]
c.Authenticator.allow_all = True

# Behind a proxy that speaks HTTPS, unless the network is yours alone.
c.JupyterHub.bind_url = os.environ.get("HUB_ADDRESS", "http://127.0.0.1:8000")

# A folder for each learner; the course lays itself out there before their server starts.
PLACES = Path(os.environ.get("CLASS_FOLDER", "class")).absolute()
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(PLACES / "{username}")


def lay_out(spawner):
    """Lay the course out for a learner; what is there already is left as it is."""
    folder = PLACES / spawner.user.name / "work"
    folder.mkdir(parents=True, exist_ok=True)
    layout.start(folder)
    spawner.notebook_dir = str(folder)


c.Spawner.pre_spawn_hook = lay_out
c.Spawner.default_url = "/lab/tree/notebooks"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120  # thirty at once take their time
# Many kernels share few cores; what nobody has used for an hour gives its memory back.
c.Spawner.environment = {"OMP_NUM_THREADS": "1"}
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=3600",
    "--MappingKernelManager.cull_interval=300",
    "--MappingKernelManager.cull_connected=True",
]
