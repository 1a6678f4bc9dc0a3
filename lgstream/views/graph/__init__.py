"""The drawing of a graph: its shape, the layout, SVG and Mermaid."""
