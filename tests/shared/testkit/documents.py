"""Reads a page of HTML as strictly as no browser does."""

from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Document(HTMLParser):
    """A page's tags with their attributes; complains about tags that are not closed in order.

    ``text`` has what lies between tags, piece by piece, and ``inside`` the whole of the scripts and
    of the styles, by tag.
    """

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.inside, self.text, self._open = [], {}, [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        last = self._open[-1] if self._open else ""
        if last in ("script", "style"):
            self.inside[last] = self.inside.get(last, "") + data
        else:
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def ids(self):
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]
