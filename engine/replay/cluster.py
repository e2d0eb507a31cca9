"""Partitions over a Dask cluster; the library is an extra, and imported only when a cluster is asked for."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from engine.replay.partitions import Ids, P, PartitionFailed, Task, in_order

CONNECT_SECONDS = 10
LOOK_AGAIN_SECONDS = 5


class DaskMissing(Exception):
    """A cluster was asked for where the library is not installed."""

    def __init__(self) -> None:
        super().__init__("a Dask cluster needs the extra 'dask': install it with pip install 'arrears[dask]'")


class ClusterFailed(Exception):
    """A cluster that cannot be reached, has no workers, or cannot run what it is given."""

    def __init__(self, address: str, why: str) -> None:
        self.address, self.why = address, why
        super().__init__(f"the Dask cluster at {address} {why}")


class Cluster:
    """A connection to the scheduler of a cluster."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address

    @property
    def threads(self) -> int:
        """How many tasks its workers do at once; raises ClusterFailed where it has no workers."""
        threads: int = sum(self._client.nthreads().values())
        if not threads:
            raise ClusterFailed(self._address, "has no workers")
        return threads

    def run(self, task: Task[P], partitions: Iterable[Ids]) -> Iterator[P]:
        """What came of each partition, in order; raises PartitionFailed, ClusterFailed."""

        def submit(ids: Ids) -> Callable[[], P]:
            future = self._client.submit(task, ids, pure=False)
            return lambda: self._result(future)

        return in_order(submit, partitions, 2 * self.threads)

    def _result(self, future: Any) -> Any:
        """What the task came to; asks now and then whether there still are workers to do it."""
        while True:
            try:
                return future.result(timeout=LOOK_AGAIN_SECONDS)
            except PartitionFailed:
                raise
            except TimeoutError:
                _ = self.threads
            except Exception as fault:
                why = f"cannot do it ({fault}); its workers need the same arrears as this machine"
                raise ClusterFailed(self._address, why) from fault


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster whose scheduler is at that address; raises DaskMissing, ClusterFailed."""
    try:
        from distributed import Client
    except ImportError:
        raise DaskMissing from None
    try:
        client: Any = Client(  # type: ignore[no-untyped-call]  # the library does not say its types
            address, timeout=CONNECT_SECONDS, set_as_default=False
        )
    except (OSError, TimeoutError, ValueError) as fault:
        raise ClusterFailed(address, f"cannot be reached: {fault}") from None
    with client:
        yield Cluster(client, address)
