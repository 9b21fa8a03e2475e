"""Join the tags of printed pages: what is a heading, a list, the head of a column.

Each page comes from the browser with a tree of them (PDF 32000-1, 14.7). pypdf joins the sheets and
leaves the trees out; here they become the parts of one, by which a screen reader finds its way.
"""

from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    NameObject,
    NullObject,
    NumberObject,
    TextStringObject,
)

# Tags of PDF 2.0 that the browser writes, and what they are to readers of PDF 1.
OLDER = {"Em": NameObject("/Span"), "Strong": NameObject("/Span")}


class Tags:
    """The tree of a document that is being written; `add` one printed page after another."""

    def __init__(self, writer, language):
        self.writer, self.language = writer, TextStringObject(language)
        self.root = writer._add_object(_dictionary(Type=NameObject("/StructTreeRoot")))
        self.document = self.element(S=NameObject("/Document"), P=self.root, Lang=self.language)
        self.parts, self.places, self.ids = ArrayObject(), ArrayObject(), {}

    def add(self, printed, before):
        """Take over the tree of a printed page; its sheets come after so many in the writer."""
        tree = printed.root_object.get("/StructTreeRoot")
        if tree is None:  # there is nothing on the page
            return
        first = len(self.places) // 2  # the places of this page are counted from here
        sheets, links = {}, {}
        for page, sheet in zip(printed.pages, self.writer.pages[before:], strict=True):
            sheets[page.indirect_reference.idnum] = sheet.indirect_reference
            if "/StructParents" in page:  # an empty sheet has none
                sheet[NameObject("/StructParents")] = NumberObject(first + page["/StructParents"])
            for link in sheet.get("/Annots") or ():
                place = link.get_object().get("/StructParent")
                if place is not None:
                    links[place] = link
                    link.get_object()[NameObject("/StructParent")] = NumberObject(first + place)
        copies = _Copies(self, sheets, links, name=f"{before}-")
        part = copies.of(tree.raw_get("/K"), self.document)
        part.get_object()[NameObject("/S")] = NameObject("/Part")
        self.parts.append(part)
        for place, marked in sorted(_numbered(tree.get("/ParentTree", {}))):
            self.places += [NumberObject(first + place), copies.marked(marked)]

    def finish(self):
        """Give the tree to the document, which says from now on that it has one."""
        self.document.get_object()[NameObject("/K")] = self.parts
        ids = ArrayObject()
        for name in sorted(self.ids):
            ids += [TextStringObject(name), self.ids[name]]
        more = {
            "K": self.document,
            "ParentTree": self.writer._add_object(_dictionary(Nums=self.places)),
            "ParentTreeNextKey": NumberObject(1 + max(self.places[::2])),
            "RoleMap": _dictionary(**OLDER),
            "IDTree": self.writer._add_object(_dictionary(Names=ids)),
        }
        self.root.get_object().update(_dictionary(**more))
        said = {
            "StructTreeRoot": self.root,
            "MarkInfo": _dictionary(Marked=BooleanObject(True)),
            "Lang": self.language,
            "ViewerPreferences": _dictionary(DisplayDocTitle=BooleanObject(True)),
        }
        self.writer.root_object.update(_dictionary(**said))

    def element(self, **parts):
        """Return a new element of the tree."""
        return self.writer._add_object(_dictionary(Type=NameObject("/StructElem"), **parts))


class _Copies:
    """Copies of the elements of one tree, whose sheets and links have become others."""

    def __init__(self, tags, sheets, links, name):
        self.tags, self.sheets, self.links, self.name, self.made = tags, sheets, links, name, {}

    def of(self, reference, parent):
        """Return a copy of an element, of all that is below it and of what it marks."""
        source = reference.get_object()
        copy = self.tags.element(S=source["/S"], P=parent)
        self.made[reference.idnum] = copy
        parts = copy.get_object()
        for key in source.keys() & {"/Lang", "/Alt", "/ActualText", "/T", "/E"}:
            parts[NameObject(key)] = source[key].clone(self.tags.writer)
        if "/Pg" in source:
            parts[NameObject("/Pg")] = self.sheets[source.raw_get("/Pg").idnum]
        if "/A" in source:
            parts[NameObject("/A")] = self._attributes(source["/A"])
        if "/ID" in source:
            parts[NameObject("/ID")] = name = self._named(source["/ID"])
            self.tags.ids[name] = copy
        below = source.get("/K", ArrayObject())
        below = below if isinstance(below, ArrayObject) else [source.raw_get("/K")]
        copied = [self._child(child, copy) for child in below]
        parts[NameObject("/K")] = ArrayObject(child for child in copied if child is not None)
        return copy

    def marked(self, entry):
        """Return the copies of the elements to which the marks of a sheet, or a link, belong."""
        entry = entry if not isinstance(entry.get_object(), ArrayObject) else entry.get_object()
        if isinstance(entry, ArrayObject):
            return self.tags.writer._add_object(ArrayObject(map(self.marked, entry)))
        return self.made.get(getattr(entry, "idnum", None), NullObject())

    def _child(self, child, parent):
        known = child.get_object()
        if isinstance(known, NumberObject):  # the number of a mark on the sheet
            return known
        if "/S" in known:
            return self.of(child, parent)
        sheet = self.sheets[known.raw_get("/Pg").idnum]
        if "/Obj" not in known:
            return _dictionary(Type=known["/Type"], Pg=sheet, MCID=known["/MCID"])
        link = self.links.get(known["/Obj"].get("/StructParent"))
        # None: it led nowhere, and is gone.
        return link and _dictionary(Type=known["/Type"], Pg=sheet, Obj=link)

    def _attributes(self, source):
        if isinstance(source, ArrayObject):
            return ArrayObject(self._attributes(one.get_object()) for one in source)
        copy = source.clone(self.tags.writer)
        if "/Headers" in copy:
            copy[NameObject("/Headers")] = ArrayObject(map(self._named, copy["/Headers"]))
        return copy

    def _named(self, name):
        """Return a name of an element that no other page has given, too."""
        return TextStringObject(f"{self.name}{name}")


def _numbered(tree):
    """Yield the numbers and entries of a tree of numbers."""
    numbers = tree.get("/Nums", ())
    yield from zip(numbers[::2], numbers[1::2], strict=True)
    for kid in tree.get("/Kids", ()):
        yield from _numbered(kid.get_object())


def _dictionary(**parts):
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in parts.items()})
