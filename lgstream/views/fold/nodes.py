"""The namespace tree: a row for the graph, for every node, and for every further subgraph that a task calls."""

from __future__ import annotations

from lgstream.events import Shape
from lgstream.views.fold.records import Place
from lgstream.views.fold.tables import Ledger
from lgstream.views.rows import Status, Table
from lgstream.views.text.format import clean, cut

NAME = 120
"""Characters of a node's name that are shown."""

SIBLINGS = 1_000_000
"""The order of a node's first row is a multiple of this, so that its parallel rows sort right behind it."""

JOINT = " › "


class Tree:
    """Gives every node its place, names the places, and keeps their rows."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._rows = 0
        self._colors: dict[tuple[str, ...], int] = {}
        self.root = Place("/", None, (), "graph", path="graph")

    def begin(self) -> None:
        """The root, before anything else is known of the run."""
        root = self.root
        root.status = "running"
        root.started = self._ledger.t
        self._ledger.put(
            "tree", root.id, parent="", name=root.name, path=root.path, kind="graph", status="running", order=0,
            started=root.started,
        )  # fmt: skip

    def plant(self, name: str, shape: Shape | None) -> None:
        """The root's name, and a pending row for every node of ``shape``."""
        self.root.name = self.root.path = cut(clean(name), NAME) or "graph"
        self.root.shape = shape
        self._ledger.put("tree", self.root.id, name=self.root.name, path=self.root.path)
        self._sow(self.root)

    def slot(self, parent: Place, node: str, number: int) -> Place:
        """The place of the ``number``-th (from 0) parallel task of ``node``, made if it is new."""
        places = parent.children.setdefault(node, [])
        while len(places) <= number:
            shape = places[0].shape if places else None
            order = places[0].order + len(places) if places else len(parent.children) * SIBLINGS
            name = cut(clean(node), NAME)
            shown = f"{name} #{len(places) + 1}" if places else name
            places.append(self._place(parent, node, shown, order, "node", shape))
            if len(places) == 2:
                self._rename(places[0], f"{name} #1")
        return places[number]

    def subgraph(self, place: Place) -> Place:
        """``place`` runs a graph: its row becomes a subgraph's, with rows for the nodes known from its shape."""
        if place.parent is not None:
            self._ledger.put("tree", place.id, kind="subgraph")
        self._sow(place)
        return place

    def another(self, place: Place, number: str) -> Place:
        """The row of a further subgraph called by the task at ``place``; ``number`` is ``"1"`` for the second."""
        if number not in place.more:
            order = (len(place.children) + len(place.more) + 1) * SIBLINGS
            name = f"subgraph {int(number) + 1}"
            place.more[number] = self._place(place, f"\0{number}", name, order, "subgraph")
        return place.more[number]

    def start(self, place: Place) -> None:
        """A visit begins."""
        place.status = "running"
        place.visits += 1
        place.started = self._ledger.t
        self._ledger.put("tree", place.id, status="running", visits=place.visits, started=place.started)

    def resume(self, place: Place) -> None:
        """The visit that waited goes on."""
        place.status = "running"
        place.started = self._ledger.t
        self._ledger.put("tree", place.id, status="running", started=place.started)

    def finish(self, place: Place, status: Status) -> None:
        """The visit ends."""
        place.status = status
        place.busy = round(place.busy + self._ledger.t - place.started, 4)
        self._ledger.put("tree", place.id, status=status, ended=self._ledger.t, busy=place.busy)

    def mark(self, place: Place, status: Status) -> None:
        """The visit goes on with another status."""
        place.status = status
        self._ledger.put("tree", place.id, status=status)

    def card(self, place: Place, table: Table, row: str) -> str:
        """The path of ``place``, for a row that shows it; the row is kept up to date when the place is renamed."""
        place.cards.append((table, row))
        return place.path

    def spend(self, place: Place, tokens: int) -> None:
        """Tokens came at ``place``: its row and those above it count them."""
        at: Place | None = place
        while at is not None:
            at.tokens += tokens
            self._ledger.put("tree", at.id, tokens=at.tokens)
            at = at.parent

    def _place(
        self, parent: Place, node: str, name: str, order: int, kind: str, shape: Shape | None = None
    ) -> Place:  # fmt: skip
        self._rows += 1
        place = Place(f"n{self._rows}", parent, (*parent.key, node), name, shape, order=order)
        place.path = _path(place)
        self._ledger.put(
            "tree", place.id, parent=parent.id, name=name, path=place.path, kind="subgraph" if shape else kind,
            status="pending", order=order, color=self._colors.setdefault(place.key, len(self._colors)),
        )  # fmt: skip
        return place

    def _sow(self, place: Place) -> None:
        """Pending rows for the nodes of the graph at ``place``, to any depth."""
        if place.shape is None or place.children:
            return
        for node in place.shape.nodes:
            child = self.slot(place, node.name, 0)
            if node.graph is not None:
                child.shape = node.graph
                self.subgraph(child)

    def _rename(self, place: Place, name: str) -> None:
        place.name = name
        self._ledger.put("tree", place.id, name=name)
        stale = [place]
        while stale:
            at = stale.pop()
            at.path = _path(at)
            self._ledger.put("tree", at.id, path=at.path)
            for table, row in at.cards:
                self._ledger.put(table, row, path=at.path)
            stale.extend(child for children in at.children.values() for child in children)
            stale.extend(at.more.values())


def _path(place: Place) -> str:
    parent = place.parent
    return place.name if parent is None or parent.parent is None else f"{parent.path}{JOINT}{place.name}"
