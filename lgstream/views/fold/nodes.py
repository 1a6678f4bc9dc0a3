"""The namespace tree: a row for the graph, for every node, and for every further subgraph that a task calls."""

from __future__ import annotations

from lgstream.events import Shape
from lgstream.inspection.text import bounded_text
from lgstream.views.fold.records import TreeNode
from lgstream.views.fold.tables import TableStore
from lgstream.views.rows import Status, Table

MAX_NODE_NAME_CHARS = 120

SIBLING_ORDER_STEP = 1_000_000
"""The order of a node's first row is a multiple of this, so that its parallel rows sort right behind it."""

PATH_SEPARATOR = " › "


class TreeFold:
    """Maintains the table ``tree``: creates the rows of nodes, names them, and keeps their status and figures."""

    def __init__(self, store: TableStore) -> None:
        self._store = store
        self._row_count = 0
        self._colors: dict[tuple[str, ...], int] = {}
        self.root = TreeNode("/", None, (), "graph", path="graph")

    def add_root(self) -> None:
        """Put the row of the root, before anything is known about its graph."""
        root = self.root
        root.status = "running"
        root.started = self._store.now
        self._store.put(
            "tree", root.id, parent="", name=root.name, path=root.path, kind="graph", status="running", order=0,
            started=root.started,
        )  # fmt: skip

    def set_shape(self, name: str, shape: Shape | None) -> None:
        """Name the root, and put a pending row for every node of ``shape``."""
        self.root.name = self.root.path = bounded_text(name, MAX_NODE_NAME_CHARS) or "graph"
        self.root.shape = shape
        self._store.put("tree", self.root.id, name=self.root.name, path=self.root.path)
        self._add_pending(self.root)

    def parallel_node(self, parent: TreeNode, node: str, index: int) -> TreeNode:
        """Return the row for the ``index``-th (from 0) parallel task of ``node``, creating it if necessary."""
        rows = parent.children.setdefault(node, [])
        while len(rows) <= index:
            shape = rows[0].shape if rows else None
            order = rows[0].order + len(rows) if rows else len(parent.children) * SIBLING_ORDER_STEP
            name = bounded_text(node, MAX_NODE_NAME_CHARS)
            numbered_name = f"{name} #{len(rows) + 1}" if rows else name
            rows.append(self._add_node(parent, node, numbered_name, order, "node", shape))
            if len(rows) == 2:
                self._rename(rows[0], f"{name} #1")
        return rows[index]

    def mark_as_subgraph(self, tree_node: TreeNode) -> TreeNode:
        """Turn a row into that of a subgraph, with rows for the nodes known from its shape, and return it."""
        if tree_node.parent is not None:
            self._store.put("tree", tree_node.id, kind="subgraph")
        self._add_pending(tree_node)
        return tree_node

    def extra_subgraph(self, tree_node: TreeNode, number: str) -> TreeNode:
        """Return the row of a further subgraph called by one task; ``number`` is ``"1"`` for the second subgraph."""
        subgraphs = tree_node.extra_subgraphs
        if number not in subgraphs:
            order = (len(tree_node.children) + len(subgraphs) + 1) * SIBLING_ORDER_STEP
            name = f"subgraph {int(number) + 1}"
            subgraphs[number] = self._add_node(tree_node, f"\0{number}", name, order, "subgraph")
        return subgraphs[number]

    def called_graph(self, tree_node: TreeNode, name: str) -> TreeNode:
        """Return the row of a named graph that a task calls: one that does not run now, or a new one.

        Its path names the node without the number of the parallel task, if that is not needed to tell rows apart.
        """
        name = bounded_text(name, MAX_NODE_NAME_CHARS)
        rows = tree_node.called_graphs.setdefault(name, [])
        free_row = next((row for row in rows if row.status != "running"), None)
        if free_row is not None:
            return free_row
        count = sum(map(len, tree_node.called_graphs.values()))
        order = (len(tree_node.children) + count + 1) * SIBLING_ORDER_STEP
        numbered_name = f"{name} #{len(rows) + 1}" if rows else name
        row = self._add_node(tree_node, f"\0{name}", numbered_name, order, "subgraph")
        rows.append(row)
        if tree_node.parent is not None:
            namesakes = tree_node.parent.namesakes.setdefault((tree_node.node_path[-1], numbered_name), [])
            namesakes.append(row)
            row.hides_number = len(namesakes) == 1
            if len(namesakes) == 2:
                namesakes[0].hides_number = False
                self._rename(namesakes[0], numbered_name)
            self._rename(row, numbered_name)
        return row

    def start_visit(self, tree_node: TreeNode) -> None:
        """Begin a visit of a node."""
        tree_node.status = "running"
        tree_node.visits += 1
        tree_node.started = self._store.now
        self._store.put("tree", tree_node.id, status="running", visits=tree_node.visits, started=tree_node.started)

    def resume_visit(self, tree_node: TreeNode) -> None:
        """Continue the latest visit of a node, which waited for an answer."""
        tree_node.status = "running"
        tree_node.started = self._store.now
        self._store.put("tree", tree_node.id, status="running", started=tree_node.started)

    def finish_visit(self, tree_node: TreeNode, status: Status) -> None:
        """End a visit of a node."""
        tree_node.status = status
        tree_node.busy = round(tree_node.busy + self._store.now - tree_node.started, 4)
        self._store.put("tree", tree_node.id, status=status, ended=self._store.now, busy=tree_node.busy)

    def set_status(self, tree_node: TreeNode, status: Status) -> None:
        """Change the status of a row without ending its visit."""
        tree_node.status = status
        self._store.put("tree", tree_node.id, status=status)

    def path_for_row(self, tree_node: TreeNode, table: Table, row: str) -> str:
        """Return the path of a node for a row that shows it; the row is updated when the node is renamed."""
        tree_node.path_rows.append((table, row))
        return tree_node.path

    def add_tokens(self, tree_node: TreeNode, tokens: int) -> None:
        """Add to the token counts of a row and of all rows above it."""
        ancestor: TreeNode | None = tree_node
        while ancestor is not None:
            ancestor.tokens += tokens
            self._store.put("tree", ancestor.id, tokens=ancestor.tokens)
            ancestor = ancestor.parent

    def _add_node(
        self, parent: TreeNode, node: str, name: str, order: int, kind: str, shape: Shape | None = None
    ) -> TreeNode:
        self._row_count += 1
        tree_node = TreeNode(f"n{self._row_count}", parent, (*parent.node_path, node), name, shape, order=order)
        tree_node.path = _display_path(tree_node)
        self._store.put(
            "tree", tree_node.id, parent=parent.id, name=name, path=tree_node.path,
            kind="subgraph" if shape else kind, status="pending", order=order,
            color=self._colors.setdefault(tree_node.node_path, len(self._colors)),
        )  # fmt: skip
        return tree_node

    def _add_pending(self, tree_node: TreeNode) -> None:
        """Put pending rows for the nodes of the graph at ``tree_node``, to any depth."""
        if tree_node.shape is None or tree_node.children:
            return
        for node in tree_node.shape.nodes:
            child = self.parallel_node(tree_node, node.name, 0)
            if node.graph is not None:
                child.shape = node.graph
                self.mark_as_subgraph(child)

    def _rename(self, tree_node: TreeNode, name: str) -> None:
        tree_node.name = name
        self._store.put("tree", tree_node.id, name=name)
        outdated = [tree_node]
        while outdated:
            descendant = outdated.pop()
            descendant.path = _display_path(descendant)
            self._store.put("tree", descendant.id, path=descendant.path)
            for table, row in descendant.path_rows:
                self._store.put(table, row, path=descendant.path)
            outdated.extend(child for children in descendant.children.values() for child in children)
            outdated.extend(descendant.extra_subgraphs.values())
            outdated.extend(row for rows in descendant.called_graphs.values() for row in rows)


def _display_path(tree_node: TreeNode) -> str:
    parent = tree_node.parent
    if parent is None:
        return tree_node.name
    if tree_node.hides_number and parent.parent is not None:
        around = _path_below(parent.parent, bounded_text(parent.node_path[-1], MAX_NODE_NAME_CHARS))
        return f"{around}{PATH_SEPARATOR}{tree_node.name}"
    return _path_below(parent, tree_node.name)


def _path_below(parent: TreeNode, name: str) -> str:
    return name if parent.parent is None else f"{parent.path}{PATH_SEPARATOR}{name}"
