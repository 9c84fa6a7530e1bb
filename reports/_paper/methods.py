"""The methods section of each group as a file: Markdown, or plain text.

methods(groups, markdown=False)             # "Methods, written from run folders: chest X-rays\\n\\nAge · …"
"""

from __future__ import annotations

from collections.abc import Sequence

from reports._card.markdown import words
from reports._drawing.html import plain_text, visible
from reports._evidence.groups import Group
from reports._page.head import group_title
from reports.methods.written import paragraphs

FIRST = "Methods, written from run folders: chest X-rays"  # by this the file is known again
ENDINGS = (".md", ".txt")


def methods(groups: Sequence[Group], *, markdown: bool) -> str:
    """A paragraph a line, so that it can be pasted anywhere."""
    parts = [f"# {words(FIRST)}" if markdown else FIRST]
    for group in groups:
        title = plain_text(group_title(group))
        parts.append(f"## {words(title)}" if markdown else title)
        for subject, said in paragraphs(group):
            parts.append(f"**{words(subject)}.** {words(said)}" if markdown else visible(f"{subject}. {said}"))
    return "\n\n".join(parts) + "\n"
