#!/usr/bin/env python3
"""Check a dalil case or bundle: python3 verify.py [--json] [--since CHECKPOINT] PATH...

Needs Python 3.9 and nothing else: no network, no database, no dalil. Written from evidence-package.md alone;
"spec 3" below is its section 3. It only reads. Exit status: 0 all is well, 4 problems found, 2 called wrongly."""
import base64, contextlib, hashlib, hmac, json, os, re, stat, sys, zipfile, zlib
PROVES = ["the holder of the log's key held exactly these bytes when the checkpoint was signed",
          "nothing in the log was changed, removed, inserted or moved since",
          "the named handles signed the entries that carry their signature"]
DOES_NOT_PROVE = "that a statement is true, who wrote it, that nothing else was published, the time, whose key it is".split(", ")
CHUNK, ZERO = 1 << 20, bytes(32)
class Bad(Exception): """Something is not as the specification says."""
WRONG = (Bad, OSError, EOFError, ValueError, RuntimeError, LookupError, TypeError, MemoryError,
         zipfile.BadZipFile, zlib.error)
def need(good, otherwise):
    if not good: raise Bad(otherwise)
class Findings:
    def __init__(self, path):
        self.path, self.problems, self.more, self.notes = path, [], 0, []
        self.checked = dict(files=0, bytes=0, entries=0, statements=0, commitments=0, signatures=0)
    def problem(self, where, what):
        if len(self.problems) < 1000: self.problems.append({"what": what, "where": where})
        else: self.more += 1
    def note(self, text):
        if text not in self.notes and len(self.notes) < 100: self.notes.append(text)
    def count(self, **more): self.checked.update((what, self.checked[what] + n) for what, n in more.items())
    @contextlib.contextmanager
    def at(self, where):
        """Whatever goes wrong inside becomes a finding, and the check goes on behind it."""
        try: yield
        except WRONG as err: self.problem(where, "it is wrong: %s" % (getattr(err, "strerror", None) or err))
    def report(self, as_json):
        if self.more: self.problems.append({"what": "%d more problems" % self.more, "where": "."})
        ok = not self.problems
        r = dict(type="verify", path=self.path, ok=ok, checked=self.checked, problems=self.problems,
                 notes=self.notes, proves=PROVES if ok else [], does_not_prove=DOES_NOT_PROVE)
        if as_json: return print(json.dumps(r)) or ok
        print("%s: %s" % (self.path, "all that was checked is as it should be" if ok else "THERE ARE PROBLEMS"))
        print("  checked:", ", ".join("%d %s" % (n, what) for what, n in self.checked.items()))
        for p in self.problems: print("  PROBLEM: %(where)s: %(what)s" % p)
        for what, texts in ("note", self.notes), ("proves", r["proves"]), ("does not prove", DOES_NOT_PROVE):
            for text in texts: print("  %s: %s" % (what, text))
        return ok
# ---- Ed25519, verification only (RFC 8032, 5.1.7). Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)
def point_add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P; g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e; return e * f % P, g * h % P, f * g % P, e * h % P
def point_from(b):
    y = int.from_bytes(b, "little"); sign, y = y >> 255, (y & (1 << 255) - 1) % P; u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P: x = x * ROOT % P
    need((v * x * x - u) % P == 0, "the key is no point of the curve"); x = (P - x) % P if x & 1 != sign else x; return x, y, 1, x * y % P
BASE = point_from(b"\x58" + b"\x66" * 31)
def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64: return False
    a, s = point_from(public), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    minus, r = (P - a[0], a[1], 1, P - a[3]), (0, 1, 1, 0); table = None, BASE, minus, point_add(BASE, minus)
    for bit in range(252, -1, -1):  # r = s·BASE - k·A
        r, pick = point_add(r, r), table[(s >> bit & 1) + 2 * (k >> bit & 1)]; r = point_add(r, pick) if pick else r
    z = pow(r[2], P - 2, P); return s < Q and (r[1] * z % P | (r[0] * z % P & 1) << 255).to_bytes(32, "little") == signature[:32]
# ---- The Merkle tree (spec 3; RFC 6962)
def leaf_hash(entry): return hashlib.sha256(b"\0" + entry).digest()
def tree_hash(row):
    """The root over a row of hashes; an odd one at the end moves up as it is."""
    while len(row) > 1:
        row = [hashlib.sha256(b"\1" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)] + row[len(row) // 2 * 2:]
    return row[0] if row else hashlib.sha256(b"").digest()
def log_root(rows):
    """The root of a log from its rows that do not fill a tile, lowest first."""
    above = []
    for row in rows: above = [tree_hash(row + above)] if row or above else []
    return tree_hash(above)
def proven_root(h, at, last, proof):
    """The root an inclusion proof leads to (RFC 9162, 2.1.3.2)."""
    for p in proof:
        need(last, "its proof is too long"); left = at & 1 or at == last; h = tree_hash([p, h] if left else [h, p])
        while left and at and not at & 1: at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return None if last else h
# ---- Keys and checkpoints (spec 3)
def unbase64(s, size):
    b = base64.b64decode(s, validate=True); need(base64.b64encode(b).decode() == s and len(b) >= size, "wrong base64"); return b
def read_key(line):
    """log/key: returns origin, key id, public key."""
    m = re.fullmatch(rb"(dalil\.case/[0-9a-f]{32})\+([0-9a-f]{8})\+(\S+)\n", line)
    key = unbase64(m[3].decode("ascii"), 33) if m else b""
    need(key[:1] == b"\1" and len(key) == 33 and hashlib.sha256(m[1] + b"\n" + key).hexdigest()[:8] == m[2].decode(), "it is no key of a log")
    return m[1].decode(), m[2].decode(), key[1:]
def read_checkpoint(note, key):
    """A signed checkpoint: returns the number of entries and the root."""
    text, _, lines = note.decode("utf-8").rpartition("\n\n")
    need(lines.endswith("\n") and not re.search("[\0-\x09\x0b-\x1f]", text + lines), "the checkpoint is no signed note")
    text, signed = text + "\n", False
    for line in lines[:-1].split("\n"):
        m = re.fullmatch(r"— ([^\s+]+) (\S+)", line); s = unbase64(m[2], 5) if m else None; ours = m and m[1] == key[0] and s[:4].hex() == key[1]
        need(m and (not ours or ed25519_verify(key[2], text.encode(), s[4:])), "a signature of the checkpoint does not verify")
        signed = signed or ours
    m = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n", text)
    need(signed and m and m[1] == key[0] and int(m[2]) < 2**62, "the checkpoint is not one of this log, signed with log/key")
    return int(m[2]), unbase64(m[3], 32)
def read_head(read, since, found):
    """Number of entries and root of the log; and of an earlier checkpoint, which the log must have outgrown."""
    key, old = read_key(read("log/key")), None; head = read_checkpoint(read("log/checkpoint"), key)
    found.note("ask the holder of the log, by another way, whether this is their key: %s+%s" % key[:2])
    if since:
        with found.at(since), open(since, "rb") as f:
            old = read_checkpoint(f.read(CHUNK), key)
            need(old[0] < head[0] or old == head, "history was rewritten: the log had %d entries" % old[0])
    return *head, old
# ---- Entries and signatures (spec 4)
SIGNED = "case config key run end decision tombstone".split()
KINDS = SIGNED + "source capture statement missing seen gap analysis".split()
MEMBERS = {m[:-2]: (i, m[-1]) for i, m in enumerate(  # in their order; T text, C count above 0, N number, H SHA-256
    "kind:T at:N by:T run:C capture:C source:C target:C id:T posted:N edited:N blob:H size:N type:T format:T parent:C theirs:N offset:N length:C "
    "page:C first:T last:T from:N to:N action:T expects:C key:T why:T now:H name:T saw:C digest:H commit:H sig:T".split())}
FORMS = {"T": lambda v: isinstance(v, str) and v, "C": lambda v: type(v) is int and 0 < v < 2**63,
         "N": lambda v: type(v) is int and -2**63 < v < 2**63, "H": lambda v: isinstance(v, str) and re.fullmatch("[0-9a-f]{64}", v) and v.strip("0")}
def unique(pairs): need(len(dict(pairs)) == len(pairs), "a member is there twice"); return dict(pairs)
def read_json(text): return json.loads(text, object_pairs_hook=unique, parse_int=lambda s: int(s[:21]))
def compact(e):
    s = json.dumps(e, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda m: "\\u%04x" % ord(m[0]), s)
def read_entry(raw):
    """The entry as a dict; Bad unless raw is the one form in which it may be written."""
    text, before = raw.decode("utf-8"), -1; e = read_json(text)
    need(isinstance(e, dict) and len(raw) <= 65535 and compact(e) == text and e.get("kind") in KINDS and "at" in e
         and ("size" in e) == (e["kind"] == "capture") and ("offset" in e) == ("length" in e)
         and (e["kind"] != "statement" or ("commit" in e) == ("length" in e)), "the entry is not as the specification says")
    for name, v in e.items():
        rank, form = MEMBERS.get(name, (-1, ""))
        need(rank > before and FORMS[form](v) and (v if name in ("offset", "size") else 0) >= 0, "its member %s is wrong" % name)
        before = rank
    return e
class Signatures:  # of persons; entries come in the order of the log
    def __init__(self, found): self.found, self.keys, self.first = found, {}, None
    def check(self, index, e, raw):
        if e["kind"] == "key": self.keys[e.get("by")] = e.get("key", "")
        if index == 0 and e["kind"] != "key": self.first = e, raw  # signed by the key that entry 1 introduces
        elif e.keys() & {"sig", "by"} or e["kind"] in SIGNED: self.verify(index, e, raw, self.keys.get(e.get("by")))
        if index == 1 and self.first and e["kind"] == "key": self.first = self.verify(0, *self.first, e.get("key", ""))
    def verify(self, index, e, raw, key):
        with self.found.at("log entry %d" % index):
            cut = (',"sig":%s}' % compact(e.get("sig", ""))).encode()
            need(key is not None, "the key entry of its signature is not here")
            need(raw.endswith(cut) and ed25519_verify(unbase64(key, 32), raw[:-len(cut)] + b"}", unbase64(e.get("sig", ""), 64)), "the signature does not verify")
            self.found.count(signatures=1)
    def end(self):
        if self.first: self.found.problem("log entry 0", "the key entry of its signature, entry 1, is not here")
# ---- Reading files
def walk(top, found, below=""):
    """Names and sizes of the plain files below top; anything else is a problem."""
    files = {}
    with found.at(below or "."):
        for entry in os.scandir(os.path.join(top, below)):
            name, info = below + entry.name, entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(info.st_mode): files.update(walk(top, found, name + "/"))
            elif stat.S_ISREG(info.st_mode): files[name] = info.st_size
            else: found.problem(name, "it is no plain file, but a link or device")
    return files
def chunks(open_file):
    with open_file as f: yield from iter(lambda: f.read(CHUNK), b"")
def digest(parts, h=None):
    """Digest and length of the parts; SHA-256 or what h is."""
    h, n = h or hashlib.sha256(), 0
    for b in parts: n += len(b); h.update(b)
    return h.hexdigest(), n
def lines(parts):
    """Lines without their end. One of more than 16 MiB is Bad, and so is a last one without an end."""
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n"); need(max(map(len, whole + [rest])) <= 16 << 20, "a line is too long"); yield from whole
    need(not rest, "its last line has no end")
# ---- A bundle (spec 8)
FIXED = "START-HERE.html README.txt MANIFEST.sha256 log/key log/checkpoint entries.ndjson items.csv verify.py evidence-package.md".split()
NAME = re.compile(r"(?!.{201})[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
def bundle_files(path, found):
    """The files of a bundle and how to read one. In a zip, what programs could disagree about is a problem."""
    if os.path.isdir(path):
        files = walk(path, found)
        for name in [n for n in files if not NAME.fullmatch(n)]: found.problem(name, "no bundle has it (%d bytes)" % files.pop(name))
        return files, lambda name: chunks(open(os.path.join(path, name), "rb"))
    z, files, room, end = zipfile.ZipFile(path), {}, [200 * os.path.getsize(path) + (64 << 20)], 0
    for i in sorted(z.infolist(), key=lambda i: i.header_offset):
        name, link = i.orig_filename, i.create_system in (3, 19) and i.external_attr >> 28 in (1, 2, 4, 6, 10, 12)
        if name.endswith("/") and i.file_size == 0: continue
        with found.at(name):
            need(i.header_offset >= end and NAME.fullmatch(name) and name not in files and not link, "no bundle has it, or not so")
            need(not i.flag_bits & 0x61 and i.compress_type in (0, 8) and (i.compress_type or i.compress_size == i.file_size), "it is packed unusually")
            files[name], end = i, i.header_offset + 30 + len(name) + i.compress_size
    def read(name):
        for b in chunks(z.open(files[name])):
            room[0] -= len(b); need(room[0] >= 0, "the zip unpacks to more than 200 times its size"); yield b
    return files, read
def check_bundle(path, found, since):
    (files, read), listed, sums, blobs, before = bundle_files(path, found), {}, {}, {}, -1
    signatures = Signatures(found)
    with found.at("MANIFEST.sha256"):
        for line in lines(read("MANIFEST.sha256")) if "MANIFEST.sha256" in files else ():
            m = re.fullmatch("([0-9a-f]{64})  (.+)", line.decode("latin-1"))
            need(m and NAME.fullmatch(m[2]) and m[2] not in listed and m[2] != "MANIFEST.sha256", "a wrong line: %.80r" % line)
            listed[m[2]] = m[1]
    for name in sorted(files.keys() - {"MANIFEST.sha256"}):
        with found.at(name):
            sums[name], n = digest(read(name)); found.count(files=1, bytes=n)
            need(listed.get(name) == sums[name], "it was changed: its SHA-256 is not in MANIFEST.sha256")
    for name in (listed.keys() | set(FIXED)) - files.keys(): found.problem(name, "it is missing")
    with found.at("log"):
        size, root, old = read_head(lambda name: next(read(name), b""), since, found)
        if old: found.note("whether the log grew from the earlier checkpoint shows in the case only")
        for n, line in enumerate(lines(read("entries.ndjson")), 1):
            with found.at("entries.ndjson line %d" % n):
                x = read_json(line.decode("utf-8"))
                need(isinstance(x, dict) and {"index", "entry", "proof"} <= x.keys() <= {"index", "entry", "proof", "salt", "body", "file"}
                     and type(x["index"]) is int and before < x["index"] < size and isinstance(x["proof"], list)
                     and all(isinstance(v, str) for k, v in x.items() if k not in ("index", "proof")), "it is wrong or not in order")
                before, raw = x["index"], x["entry"].encode()
                need(proven_root(leaf_hash(raw), before, size - 1, [unbase64(h, 32) for h in x["proof"]]) == root, "its proof is wrong")
                e = read_entry(raw); found.count(entries=1, statements=e["kind"] == "statement"); signatures.check(before, e, raw)
                disclosed(x, e, sums, blobs, read, found)
        need(before >= 0, "entries.ndjson has no entries")
    signatures.end(); found.note("texts, items.csv and START-HERE.html are the sender's reading of the original bytes")
def disclosed(x, e, sums, blobs, read, found):
    """The bytes shown for an entry must be those it was made for."""
    body, file, statement = x.get("body"), x.get("file"), e["kind"] == "statement"
    span = statement and "length" in e  # else a file is a whole one, which the capture's entry binds
    committed = body is not None or span and file is not None
    if e["kind"] == "capture": blobs[x["index"]] = e.get("blob")
    need((file is None or e["kind"] in ("statement", "capture")) and (body is None or not statement) and committed == ("salt" in x)
         and (not committed or "commit" in e and re.fullmatch("[0-9a-f]{64}", x["salt"])), "salt, body and file do not go together")
    blob = blobs.get(e.get("capture")) if statement else e.get("blob")
    need(file is None or file in sums and (span or sums[file] == blob), "its file is not the capture's, or not here")
    if committed:
        mac = hmac.new(bytes.fromhex(x["salt"]), b"" if span else body.encode(), "sha256")
        if span: digest(read(file), mac); del sums[file]  # it is no other's
        found.count(commitments=1)
        need(mac.hexdigest() == e["commit"], "%s is not what the entry was made for" % (file if span else "its body"))
# ---- A case (spec 1-7)
LOOSE = re.compile(r"case\.toml|log/(key|checkpoint)|lock|staging/(?s:.+)|scratch/[a-z]+/([0-9a-f]{64}|\d+)|(catalog\.(db|sum|open)|(search|state)\.db)(-wal|-shm|-journal)?")
def blob_name(blob): return "archive/%s/%s" % (blob[:2], blob)
def tile_name(level, n, width):
    name = "%03d" % (n % 1000)
    while n > 999: n //= 1000; name = "x%03d/%s" % (n % 1000, name)
    return "log/tile/%s/%s%s" % (level, name, ".p/%d" % width if width < 256 else "")
class Case:
    def __init__(self, top, found):
        self.top, self.found, self.files, self.last, self.size = top, found, walk(top, found), ("", None), 0
        self.captures, self.now, self.tombstones, self.erase, self.toml = {}, {}, [], set(), None
        self.destroyed, self.left, self.doubtful = set(), set(), {}  # no salt; but a body; other bytes
    def open(self, name):
        need(name in self.files, "it is missing"); return open(os.path.join(self.top, *name.split("/")), "rb")
    def read(self, name): return b"".join(chunks(self.open(name)))
    def part(self, name, offset, length):
        if name != self.last[0]: self.last = name, self.open(name)
        self.last[1].seek(offset); return self.last[1].read(length)
    def tile(self, level, n, width):
        """The bytes of a tile or entry bundle, or of a wider one that an unfinished write left in its place."""
        wide = [w for w in range(width, 257) if tile_name(level, n, w) in self.files] + [width]
        return self.read(tile_name(level, n, wide[0])), wide[0] == width
    def entries(self):
        for n in range((self.size + 255) // 256):
            width, at = min(256, self.size - 256 * n), 0
            with self.found.at(tile_name("entries", n, width)):
                b, exact = self.tile("entries", n, width)
                for index in range(256 * n, 256 * n + width):
                    end = at + 2 + int.from_bytes(b[at:at + 2], "big")
                    need(at + 2 <= len(b) and end <= len(b), "it ends inside entry %d" % index); yield index, b[at + 2:end]; at = end
                need(at == len(b) or not exact, "there are bytes behind its last entry")
    def check_tile(self, level, n, row):
        with self.found.at(tile_name(level, n, len(row))):
            b, exact = self.tile(level, n, len(row))
            need(b[:32 * len(row)] == b"".join(row) and (len(b) == 32 * len(row) or not exact), "it is not of what is below it")
    def grow(self, rows, count, h):
        """Adds a hash; a row of 256 is held against its tile and becomes one hash of the row above."""
        for level in range(9):
            rows += [[]] if level == len(rows) else []; rows[level].append(h)
            if len(rows[level]) < 256: return
            self.check_tile(level, (count >> 8 * level + 8) - 1, rows[level]); h, rows[level] = tree_hash(rows[level]), []
    def bodies(self, n):
        """Where each body lies: index to offset and length. Frames beyond the checkpoint were never finished."""
        name, at, where = "side/body/%06d" % n, 0, {}
        with self.found.at(name), self.open(name) if name in self.files else contextlib.nullcontext() as f:
            while at < self.files.get(name, 0):
                index, length = (int.from_bytes(f.read(k), "big") for k in (8, 4))
                if index >= self.size or n == self.size >> 16 and at + 12 > self.files[name]: break
                need(at + 12 + length <= self.files[name] and index >> 16 == n and index > next(reversed(where), -1), "a wrong frame at byte %d" % at)
                where[index], at = (at + 12, length), f.seek(length, 1)
            if at < self.files.get(name, 0): self.found.note("%s ends in a write that was never finished" % name)
        return where
    def commitment(self, e, salt, body):
        """What the entry must commit to; None when its file is not there, which is said elsewhere."""
        if e["kind"] != "statement": return hmac.new(salt, body, "sha256").hexdigest()
        blob, size = self.captures[e["capture"]]; at, left, mac = e.get("offset", 0), e.get("length", size), hmac.new(salt, digestmod="sha256")
        while left and blob_name(blob) in self.files:
            b = self.part(blob_name(blob), at, min(left, CHUNK)); need(b, "its span ends outside its file"); mac.update(b)
            at, left = at + len(b), left - len(b)
        return None if left else mac.hexdigest()
    def entry(self, index, e, salt, body):
        kind = e["kind"]; self.found.count(entries=1, statements=kind == "statement")
        if kind == "capture": self.captures[index] = e["blob"], e["size"]
        if kind == "capture" and not self.now.get(e["blob"], True): del self.now[e["blob"]]  # captured anew
        if kind == "statement": need(e.get("capture") in self.captures, "the capture it names is not in the log")
        if kind == "decision" and e.get("action") == "erase": self.erase.add(e.get("target"))
        if kind == "tombstone": self.tombstones.append(e)
        if kind == "tombstone" and "blob" in e: self.now[e["blob"]] = e.get("now")
        if kind in ("case", "config") and body is not None: self.toml = read_json(body.decode("utf-8"))["toml"]
        if len(salt) < 32: return  # said of the file of salts
        if "commit" not in e: return need(body is None and salt == ZERO, "it has a salt or body that it does not commit to")
        need((body is None) == (kind == "statement"), "its body is missing, or it is a statement and has one")
        if salt == ZERO and (body or b"").strip(b"\0"): self.left.add(index)
        if salt == ZERO: return self.destroyed.add(index)
        self.found.count(commitments=1)
        try: need(self.commitment(e, salt, body) in (None, e["commit"]), "its bytes are not those it was made for")
        except WRONG as err: self.doubtful[index] = str(err), e, body  # unless it was erased
    def log(self, root, old):
        """Entries, salts, bodies and tiles in one pass (spec 3, 4, 5)."""
        rows, signatures, count, block = [], Signatures(self.found), 0, -1
        for index, raw in self.entries():
            if block != index >> 16:
                block, salts, want, frames = index >> 16, b"", 32 * min(65536, self.size - (index & ~65535)), self.bodies(index >> 16)
                with self.found.at("side/salt/%06d" % block):
                    salts = self.read("side/salt/%06d" % block)
                    need(len(salts) == want or len(salts) > want < 1 << 21, "it has %d bytes, not %d" % (len(salts), want))
            with self.found.at("log entry %d" % index):
                e, body = read_entry(raw), self.part("side/body/%06d" % block, *frames[index]) if index in frames else None
                signatures.check(index, e, raw); at = 32 * (index & 65535); self.entry(index, e, salts[at:at + 32], body)
            if index != count: continue  # an entry is missing: no tree can be made
            count += 1; self.grow(rows, count, leaf_hash(raw))
            if old and count == old[0] and log_root(rows) != old[1]: self.found.problem("log", "history was rewritten")
        signatures.end()
        if count == self.size:
            for level, row in enumerate(rows): self.check_tile(level, count >> 8 * level + 8, row) if row else None
            if log_root(rows) != root: self.found.problem("log/checkpoint", "its root is not that of the entries")
    def erasures(self):
        """What tombstones say is gone must be, and nothing else, unless a crash cut an erasure short (spec 7)."""
        targets = {t.get("target") for t in self.tombstones}; self.erase -= targets
        for t in self.tombstones:
            with self.found.at("log entry %d" % t.get("target", 0)):
                n = t["target"]; salt = self.part("side/salt/%06d" % (n >> 16), 32 * (n & 65535), 32)
                need(salt == ZERO and n not in self.left, "it was erased, but its salt or body is still there")
                if not t.get("now") or not self.now.get(t["blob"]): continue
                blank = self.part(blob_name(t["blob"]), t["offset"], t["length"]) == b" " * t["length"]
                need(blank, "it was erased, but its bytes are still there")
        for index in self.destroyed - targets:
            self.gone("log entry %d" % index, "its salt was destroyed, and no tombstone says so")
        for index in self.doubtful.keys() - targets:
            with self.found.at("log entry %d" % index):
                what, e, body = self.doubtful[index]
                if body is None: body = self.part(blob_name(self.captures[e["capture"]][0]), e["offset"], e["length"])
                self.gone("log entry %d" % index, what, not body.strip(b"\0 "))
    def gone(self, where, what, unfinished=True):  # a note while an erasure is decided and has no tombstone yet
        if self.erase and unfinished: self.found.note("%s: %s, while an erasure is not finished" % (where, what))
        else: self.found.problem(where, what)
    def archive(self):
        """Each evidence file under its SHA-256 and none missing (spec 2); no file that does not belong here (spec 1)."""
        known = dict(self.captures.values())
        for name in sorted(self.files):
            m = re.fullmatch("archive/([0-9a-f]{2})/(\\1[0-9a-f]{62})", name)
            with self.found.at(name):
                got, n = digest(chunks(self.open(name))) if m else self.foreign(name); self.found.count(files=1, bytes=n)
                if m and (got != self.now.get(m[2], m[2]) or known.get(m[2], n) != n):
                    self.gone(name, "it is not the file that was archived, or should be gone", self.now.get(m[2], True))
                if m and m[2] not in known: self.found.note("%s belongs to no entry: a write that was never finished" % name)
        for blob in known:
            if blob_name(blob) not in self.files and self.now.get(blob, blob): self.gone(blob_name(blob), "it is missing")
        with self.found.at("case.toml"):  # or what was about to replace it (spec 1, 5)
            found = [self.read(n) for n in ["case.toml", *self.files] if re.match(r"case\.toml|\.dalil-tmp-", n)]
            need(self.toml is None or self.toml.encode() in found, "it is not what the newest config entry says")
        self.found.note("catalog.db and search.db are no evidence and were not checked")
    def foreign(self, name):
        bare = name[:-4] if name.endswith(".tmp") else name; unfinished = bare != name
        if tile := re.fullmatch(r"log/tile/(\d|entries)/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?", bare):
            level, n, width = tile[1], int(re.sub("[x/]", "", tile[2])), int(tile[3] or 256)
            unfinished = unfinished or width != min(256, (self.size >> 8 * int(level.replace("entries", "0"))) - 256 * n)
            need(width and bare == tile_name(level, n, width), "it does not belong to the case")
        elif side := re.fullmatch(r"side/(?:salt|body)/(\d{6,})", bare): unfinished = unfinished or int(side[1]) << 16 >= self.size
        elif re.fullmatch(r"\.dalil-tmp-\d+", bare): unfinished = True
        else: need(LOOSE.fullmatch(bare) or unfinished and re.fullmatch("archive/([0-9a-f]{16}|([0-9a-f]{2})/\\2[0-9a-f]{62})", bare), "it does not belong to the case")
        if unfinished: self.found.note("%s is a write that was never finished: no part of the case" % name)
        return "", 0
def check_case(top, found, since):
    case = Case(top, found)
    with found.at("log"):
        case.size, root, old = read_head(case.read, since, found)
        case.log(root, old); case.erasures(); case.archive()
def main(args):
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    paths, since, good = [a for a in args if a != "--json"], None, True
    if "--since" in paths[:-1]: i = paths.index("--since"); since = paths[i + 1]; del paths[i:i + 2]
    if not paths or any(a.startswith("--") for a in paths): return print(__doc__, file=sys.stderr) or 2
    for path in paths:
        found = Findings(path)
        with found.at("."):
            bundle = not os.path.isdir(path) or {"entries.ndjson", "MANIFEST.sha256", "START-HERE.html"} & {*os.listdir(path)}
            (check_bundle if bundle else check_case)(path, found, since)
        good = found.report("--json" in args) and good
    return 0 if good else 4
if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
