#!/usr/bin/env python3
"""Check a dalil case or bundle: python3 verify.py [--json] [--since CHECKPOINT] PATH...

Needs Python 3.9 and nothing else: no network, no database, no dalil. Written from evidence-package.md alone;
"spec 3" below is its section 3. It only reads. Exit status: 0 all is well, 4 problems found, 2 called wrongly.
"""
import base64, contextlib, hashlib, hmac, json, os, re, stat, sys, zipfile, zlib
PROVES = ["the holder of the log's key held exactly these bytes when the checkpoint was signed",
          "nothing in the log was changed, removed, inserted or moved since (within one history, or since the checkpoint given)",
          "the named handles signed the entries that carry their signature"]
DOES_NOT_PROVE = ["that a statement is true, or who wrote it", "that the platform really sent it, or that nothing else was published",
                  "the time: 'at' is the case's own clock", "whose key it is: ask the holder by another way"]
CHUNK, ZERO = 1 << 20, bytes(32)

class Bad(Exception):
    """Something is not as the specification says."""

class Findings:
    def __init__(self, path):
        self.path, self.problems, self.more, self.notes = path, [], 0, []
        self.checked = dict(files=0, bytes=0, entries=0, statements=0, commitments=0, signatures=0)
    def problem(self, where, what):
        if len(self.problems) < 1000: self.problems.append({"what": what, "where": where})
        else: self.more += 1
    def note(self, text):
        if text not in self.notes and len(self.notes) < 100: self.notes.append(text)
    @contextlib.contextmanager
    def at(self, where):
        """Whatever goes wrong inside becomes a finding, and the check goes on."""
        try: yield
        except (Bad, OSError, EOFError, ValueError, RuntimeError, KeyError, TypeError, MemoryError, zipfile.BadZipFile, zlib.error) as err:
            self.problem(where, "it is wrong or cannot be read: %s" % (getattr(err, "strerror", None) or err))
    def report(self, as_json):
        if self.more: self.problems.append({"what": "%d more problems" % self.more, "where": "."})
        ok, proves = not self.problems, [] if self.problems else PROVES
        if as_json:
            print(json.dumps(dict(type="verify", path=self.path, ok=ok, checked=self.checked, problems=self.problems,
                                  notes=self.notes, proves=proves, does_not_prove=DOES_NOT_PROVE)))
            return ok
        print("%s: %s" % (self.path, "all that was checked is as it should be" if ok else "%d PROBLEMS" % len(self.problems)))
        print("  checked: " + ", ".join("%d %s" % (n, what) for what, n in self.checked.items()))
        for head, texts in (("PROBLEM", ["%(where)s: %(what)s" % p for p in self.problems]), ("note", self.notes),
                            ("proves", proves), ("does not prove", DOES_NOT_PROVE)):
            for text in texts: print("  %s: %s" % (head, text))
        return ok

# ---- Ed25519, verification only (RFC 8032, 5.1.7). Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)

def point_add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P

def point_from(b):
    y = int.from_bytes(b, "little")
    sign, y = y >> 255, (y & (1 << 255) - 1) % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    for _ in range(2):
        if (v * x * x - u) % P == 0:
            x = (P - x) % P if x & 1 != sign else x
            return x, y, 1, x * y % P
        x = x * ROOT % P
    raise Bad("the key is no point of the curve")

BASE = point_from(b"\x58" + b"\x66" * 31)

def ed25519_verify(public, message, signature):
    a, s = point_from(public), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    minus, r = (P - a[0], a[1], 1, P - a[3]), (0, 1, 1, 0)
    table = None, BASE, minus, point_add(BASE, minus)
    for bit in range(252, -1, -1):  # r = s·BASE - k·A
        r, pick = point_add(r, r), table[(s >> bit & 1) + 2 * (k >> bit & 1)]
        r = point_add(r, pick) if pick else r
    z = pow(r[2], P - 2, P)
    return s < Q and (r[1] * z % P | (r[0] * z % P & 1) << 255).to_bytes(32, "little") == signature[:32]

# ---- The Merkle tree (spec 3; RFC 6962)
def leaf_hash(entry): return hashlib.sha256(b"\0" + entry).digest()
def tree_hash(row):
    """The root over a row of hashes; an odd one at the end moves up as it is."""
    while len(row) > 1: row = [hashlib.sha256(b"\1" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)] + row[len(row) // 2 * 2:]
    return row[0]

def proven_root(h, at, size, proof):
    """The root an inclusion proof leads to (RFC 9162, 2.1.3.2); None if it has the wrong length."""
    last = size - 1
    for p in proof:
        if last == 0: return None
        if at & 1 or at == last:
            h = tree_hash([p, h])
            while at and not at & 1: at, last = at >> 1, last >> 1
        else: h = tree_hash([h, p])
        at, last = at >> 1, last >> 1
    return h if last == 0 else None

# ---- Keys and checkpoints (spec 3)
def unbase64(s, size):
    b = base64.b64decode(s, validate=True)
    if base64.b64encode(b).decode() != s or len(b) < size: raise Bad("wrong base64")
    return b

def read_key(line):
    """log/key: returns origin, key id, public key."""
    m = re.fullmatch(rb"(dalil\.case/[0-9a-f]{32})\+([0-9a-f]{8})\+(\S+)\n", line)
    key = unbase64(m[3].decode("ascii"), 33) if m else b""
    if len(key) != 33 or key[0] != 1 or hashlib.sha256(m[1] + b"\n" + key).hexdigest()[:8] != m[2].decode(): raise Bad("it is not the key of a log")
    return m[1].decode(), m[2].decode(), key[1:]

def read_checkpoint(note, key):
    """A signed checkpoint: returns the number of entries and the root."""
    text, _, signatures = note.decode("utf-8").rpartition("\n\n")
    text, signed = text + "\n", False
    for line in signatures.split("\n")[:-1] if signatures.endswith("\n") and not re.search("[\0-\x09\x0b-\x1f]", text + signatures) else []:
        m = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        s = unbase64(m[2], 5) if m else b""
        if not m or m[1] == key[0] and s[:4].hex() == key[1] and (len(s) != 68 or not ed25519_verify(key[2], text.encode(), s[4:])):
            raise Bad("a signature does not verify or is malformed")
        signed = signed or m[1] == key[0] and s[:4].hex() == key[1]
    m = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n", text)
    if not signed or not m or m[1] != key[0] or int(m[2]) >= 2**62: raise Bad("it is not a checkpoint of this log signed with log/key")
    return int(m[2]), unbase64(m[3], 32)

# ---- Entries and signatures (spec 4)
KINDS = "case config key run end source capture statement missing seen gap decision tombstone analysis".split()
SIGNED = "case config key run end decision tombstone".split()
MEMBERS = {m[:-2]: (i, m[-1]) for i, m in enumerate(  # in their order; T text, C count above 0, N number, H SHA-256
    "kind:T at:N by:T run:C capture:C source:C target:C id:T posted:N edited:N blob:H size:N type:T format:T parent:C theirs:N offset:N length:C "
    "page:C first:T last:T from:N to:N action:T expects:C key:T why:T now:H name:T saw:C digest:H commit:H sig:T".split())}

def read_json(text):
    def unique(pairs):
        if len(dict(pairs)) != len(pairs): raise Bad("a member is there twice")
        return dict(pairs)
    return json.loads(text, object_pairs_hook=unique, parse_int=lambda s: int(s[:21]))  # 21 digits are too many in any case

def compact(e):
    s = json.dumps(e, ensure_ascii=False, separators=(",", ":"))
    for c in "<>&\u2028\u2029": s = s.replace(c, "\\u%04x" % ord(c))
    return s

def read_entry(raw):
    """The entry as a dict; Bad unless raw is the one form in which it may be written."""
    text, before = raw.decode("utf-8"), -1
    e = read_json(text)
    if not isinstance(e, dict) or len(raw) > 65535 or compact(e) != text or e.get("kind") not in KINDS or "at" not in e \
            or ("size" in e) != (e["kind"] == "capture") or ("offset" in e) != ("length" in e):
        raise Bad("the entry is not as the specification says")
    for name, v in e.items():
        rank, form = MEMBERS.get(name, (-1, ""))
        if rank <= before or not (isinstance(v, str) and v if form == "T" else isinstance(v, str) and re.fullmatch("[0-9a-f]{64}", v) and v.strip("0")
                                  if form == "H" else type(v) is int and (0 < v < 2**63 if form == "C" else -2**63 < v < 2**63)):
            raise Bad("the entry's member %s is wrong or not in its place" % name)
        before = rank
    if min(e.get("offset", 0), e.get("size", 0)) < 0: raise Bad("the entry's offset or size is wrong")
    return e

class Signatures:
    """Checks persons' signatures; entries come in the order of the log."""
    def __init__(self, found): self.found, self.keys, self.first = found, {}, None
    def check(self, index, e, raw):
        if e["kind"] == "key": self.keys[e.get("by")] = e.get("key", "")
        if index == 0 and e["kind"] != "key": self.first = e, raw  # signed by the key that entry 1 introduces
        elif "sig" in e or e["kind"] in SIGNED: self.verify(index, e, raw, self.keys.get(e.get("by")))
        if index == 1 and self.first and e["kind"] == "key":
            self.verify(0, *self.first, e.get("key", ""))
            self.first = None
    def verify(self, index, e, raw, key):
        with self.found.at("log entry %d" % index):
            cut = (',"sig":%s}' % compact(e.get("sig", ""))).encode()
            if key is None: raise Bad("the key entry of its signature is not here")
            public, sig = unbase64(key, 32), unbase64(e.get("sig", ""), 64)
            if not raw.endswith(cut) or len(public) != 32 or len(sig) != 64 or not ed25519_verify(public, raw[:-len(cut)] + b"}", sig):
                raise Bad("the signature does not verify")
            self.found.checked["signatures"] += 1
    def end(self):
        if self.first: self.found.problem("log entry 0", "the key entry of its signature, entry 1, is not here")

# ---- Reading files
def walk(top, found):
    """Names and sizes of the plain files below top; anything else is a problem."""
    files = {}
    for folder, folders, names in os.walk(top, onerror=lambda err: found.problem(os.path.relpath(err.filename, top), "it cannot be read: %s" % err.strerror)):
        for name in names + [f for f in folders if os.path.islink(os.path.join(folder, f))]:
            name = os.path.relpath(os.path.join(folder, name), top)
            with found.at(name):
                info = os.lstat(os.path.join(top, name))
                if not stat.S_ISREG(info.st_mode): raise Bad("it is no plain file, but a link or device")
                files[name.replace(os.sep, "/")] = info.st_size
    return files

def chunks(open_file):
    with open_file as f: yield from iter(lambda: f.read(CHUNK), b"")

def digest(parts, mac=None):
    h, n = hashlib.sha256(), 0
    for b in parts:
        h.update(b)
        n += len(b)
        if mac: mac.update(b)
    return h.hexdigest(), n

NAME = re.compile(r"(?!.{201})[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")

def bundle_files(path, found):
    """The files of a bundle and how to read one. In a zip, what programs could disagree about is a problem."""
    if os.path.isdir(path):
        files = walk(path, found)
        for name in [n for n in files if not NAME.fullmatch(n)]:
            found.problem(name, "no bundle has a file of this name")
            del files[name]
        return files, lambda name: chunks(open(os.path.join(path, name), "rb"))
    z, files, room, end = zipfile.ZipFile(path), {}, [200 * os.path.getsize(path) + (64 << 20)], 0
    for i in sorted(z.infolist(), key=lambda i: i.header_offset):
        name, unix = i.orig_filename, i.create_system in (3, 19)
        if name.endswith("/") and i.file_size == 0: continue
        if i.header_offset < end or not NAME.fullmatch(name) or name in files or i.flag_bits & 0x61 or i.compress_type not in (0, 8) \
                or i.compress_type == 0 and i.compress_size != i.file_size or unix and i.external_attr >> 28 in (1, 2, 4, 6, 10, 12):
            found.problem(name, "no bundle has such a file, or it is there twice, shares bytes, or is packed in a way that is not read")
        else: files[name], end = i, i.header_offset + 30 + len(name) + i.compress_size
    def read(name):
        for b in chunks(z.open(files[name])):
            room[0] -= len(b)
            if room[0] < 0: raise Bad("the zip unpacks to more than 200 times its size")
            yield b
    return files, read

def lines(parts):
    """Lines without their end. One of more than 16 MiB is Bad, and so is a last one without an end."""
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        if max(map(len, whole + [rest])) > 16 << 20: raise Bad("a line is too long")
        yield from whole
    if rest: raise Bad("its last line has no end")

def small(read, name):
    b = b""
    for part in read(name):
        b += part
        if len(b) > 65536: raise Bad("it is too large")
    return b

# ---- A bundle (spec 8)
FIXED = "START-HERE.html README.txt MANIFEST.sha256 log/key log/checkpoint entries.ndjson items.csv verify.py evidence-package.md".split()

def check_bundle(path, found, since):
    files, read = bundle_files(path, found)
    listed, sums, size, before = {}, {}, None, -1
    signatures, used = Signatures(found), set()
    for name in FIXED:
        if name not in files: found.problem(name, "it is missing")
    with found.at("MANIFEST.sha256"):
        for line in lines(read("MANIFEST.sha256")) if "MANIFEST.sha256" in files else ():
            m = re.fullmatch("([0-9a-f]{64})  (.+)", line.decode("latin-1"))
            if not m or not NAME.fullmatch(m[2]) or m[2] in listed or m[2] == "MANIFEST.sha256":
                raise Bad("a line is not a SHA-256, two spaces and a new name: %.80r" % line)
            listed[m[2]] = m[1]
    for name in sorted(files.keys() - {"MANIFEST.sha256"}):
        with found.at(name):
            sums[name], n = digest(read(name))
            found.checked["files"], found.checked["bytes"] = found.checked["files"] + 1, found.checked["bytes"] + n
            if listed.get(name) != sums[name]: raise Bad("it was changed: its SHA-256 is not in MANIFEST.sha256")
    for name in listed.keys() - files.keys(): found.problem(name, "it is listed in MANIFEST.sha256 and not there")
    with found.at("log/key or log/checkpoint"):
        key = read_key(small(read, "log/key"))
        size, root = read_checkpoint(small(read, "log/checkpoint"), key)
        found.note("ask the holder of the log, by another way, whether this is their key: %s+%s" % key[:2])
    if size is None or "entries.ndjson" not in files: return
    with found.at(since or "."):
        old = read_checkpoint(small(lambda name: chunks(open(name, "rb")), since), key) if since else (0, b"")
        if old[0] > size or old[0] == size and old[1] != root: raise Bad("history was rewritten since this checkpoint")
    if since: found.note("a bundle does not show whether the log grew from the earlier checkpoint: that needs the case")
    with found.at("entries.ndjson"):
        for n, line in enumerate(lines(read("entries.ndjson")), 1):
            with found.at("entries.ndjson line %d" % n):
                x = read_json(line.decode("utf-8"))
                if not isinstance(x, dict) or not {"index", "entry", "proof"} <= x.keys() <= {"index", "entry", "proof", "salt", "body", "file"} \
                        or type(x["index"]) is not int or not before < x["index"] < size or not isinstance(x["proof"], list) \
                        or not all(isinstance(v, str) for k, v in x.items() if k not in ("index", "proof")):
                    raise Bad("it is not as the specification says, or not in ascending order")
                before, raw = x["index"], x["entry"].encode()
                if proven_root(leaf_hash(raw), before, size, [unbase64(h, 32) for h in x["proof"]]) != root:
                    raise Bad("log entry %d: its proof does not lead to the checkpoint" % before)
                e = read_entry(raw)
                found.checked["entries"], found.checked["statements"] = found.checked["entries"] + 1, found.checked["statements"] + (e["kind"] == "statement")
                signatures.check(before, e, raw)
                disclosed(x, e, sums, used, read, found)
        if before < 0: raise Bad("it has no entries")
    signatures.end()
    found.note("texts, items.csv and START-HERE.html are the sender's reading of the original bytes")

def disclosed(x, e, sums, used, read, found):
    """The bytes shown for an entry must be those it was made for."""
    body, file, statement = x.get("body"), x.get("file"), e["kind"] == "statement"
    committed = file is not None if statement else body is not None
    if file is not None and e["kind"] not in ("statement", "capture") or body is not None and statement or committed != ("salt" in x) \
            or committed and ("commit" not in e or not re.fullmatch("[0-9a-f]{64}", x["salt"])):
        raise Bad("salt, body and file do not go together")
    if file is not None and (file not in sums or statement and file in used or e["kind"] == "capture" and sums[file] != e.get("blob")):
        raise Bad("its file %s is not here, belongs to another entry, or is not what the entry was made for" % file)
    if committed:
        mac = hmac.new(bytes.fromhex(x["salt"]), b"" if statement else body.encode(), "sha256")
        if statement:
            used.add(file)
            digest(read(file), mac)
        found.checked["commitments"] += 1
        if mac.hexdigest() != e["commit"]: raise Bad("%s is not what the entry was made for" % (file or "its body"))

# ---- A case (spec 1-7)
LOOSE = re.compile(r"case\.toml|log/(key|checkpoint)|lock|(catalog\.(db|sum|open)|(search|state)\.db)(-wal|-shm|-journal)?")

def tile_name(level, n, width):
    name = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        name = "x%03d/%s" % (n % 1000, name)
    return "log/tile/%s/%s" % (level, name) + (".p/%d" % width if width < 256 else "")

class Case:
    def __init__(self, top, found):
        self.top, self.found, self.files, self.open_files, self.size = top, found, walk(top, found), {}, 0
        self.captures, self.doubtful, self.destroyed, self.tombstones, self.toml = {}, {}, {}, [], None
    def open(self, name):
        if name not in self.files: raise Bad("it is missing")
        return open(os.path.join(self.top, *name.split("/")), "rb")
    def read(self, name):
        with self.open(name) as f: return f.read(64 << 20)
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
                    if at + 2 > len(b) or end > len(b): raise Bad("it ends inside entry %d" % index)
                    yield index, b[at + 2:end]
                    at = end
                if exact and at < len(b): raise Bad("there are bytes behind its last entry")
    def check_tile(self, level, n, row):
        with self.found.at(tile_name(level, n, len(row))):
            b, exact = self.tile(level, n, len(row))
            if b[:32 * len(row)] != b"".join(row) or exact and len(b) != 32 * len(row): raise Bad("it does not agree with what is below it")
    def grow(self, rows, count, h):
        """Adds a hash; a row of 256 is held against its tile and becomes one hash of the row above."""
        for level in range(9):
            rows += [[]] if level == len(rows) else []
            rows[level].append(h)
            if len(rows[level]) < 256: return
            self.check_tile(level, (count >> 8 * level + 8) - 1, rows[level])
            h, rows[level] = tree_hash(rows[level]), []
    def bodies(self, n):
        """Index and body of each frame; frames of entries beyond the checkpoint were never finished."""
        name, left = "side/body/%06d" % n, self.files.get("side/body/%06d" % n, 0)
        with self.found.at(name), self.open(name) if left else contextlib.nullcontext() as f:
            while left:
                index, length = (int.from_bytes(f.read(k), "big") for k in (8, 4))
                if index >= self.size or n == self.size >> 16 and left < 12:
                    return self.found.note("%s ends in a write that was never finished" % name)
                left -= 12 + length
                if left < 0: raise Bad("it ends inside the frame of entry %d" % index)
                yield index, f.read(length)
    def commitment(self, e, salt, body):
        """What the entry must commit to; None when the bytes are gone, which is said elsewhere."""
        if e["kind"] != "statement": return hmac.new(salt, body, "sha256").hexdigest()
        blob, size = self.captures[e["capture"]]
        name, left, mac = "archive/%s/%s" % (blob[:2], blob), e.get("length", size), hmac.new(salt, digestmod="sha256")
        if name not in self.open_files:
            if name not in self.files: return None
            if len(self.open_files) >= 64: self.open_files.popitem()[1].close()
            self.open_files[name] = self.open(name)
        self.open_files[name].seek(e.get("offset", 0))
        while left:
            b = self.open_files[name].read(min(left, CHUNK))
            if not b: raise Bad("its span ends outside its file")
            mac.update(b)
            left -= len(b)
        return mac.hexdigest()
    def entry(self, index, e, salt, body):
        kind, where, checked = e["kind"], "log entry %d" % index, self.found.checked
        if kind == "capture": self.captures[index] = e["blob"], e["size"]
        elif kind == "tombstone": self.tombstones.append(e)
        elif kind in ("case", "config") and body is not None: self.toml = read_json(body.decode("utf-8"))["toml"]
        if len(salt) < 32 or "commit" not in e or (body is None) != (kind == "statement"):
            if len(salt) == 32 and ("commit" in e or body is not None or salt != ZERO):
                raise Bad("its body is missing, or it has a salt or body that it does not commit to")
        elif salt == ZERO:
            self.destroyed[index] = (e.get("source"), e["id"]) if "id" in e else index
            if (body or b"").strip(b"\0"): raise Bad("its salt was destroyed, and its body was not")
        else:
            checked["commitments"] += 1
            try:
                got = self.commitment(e, salt, body)
                if got not in (None, e["commit"]): self.doubtful[index] = "its bytes are not those it was made for"
            except (Bad, OSError, KeyError) as err: self.doubtful[index] = "its bytes cannot be read: %s" % err
        checked["entries"], checked["statements"] = checked["entries"] + 1, checked["statements"] + (kind == "statement")
    def log(self, root, old):
        """Entries, salts, bodies and tiles in one pass (spec 3, 4, 5)."""
        rows, signatures, salts, frames, frame, count, block = [], Signatures(self.found), b"", iter(()), None, 0, -1
        for index, raw in self.entries():
            if block != index >> 16:
                self.rest(frame, frames)
                block, salts = index >> 16, b""
                name, need, frames = "side/salt/%06d" % block, 32 * min(65536, self.size - (block << 16)), self.bodies(block)
                frame = next(frames, None)
                with self.found.at(name):
                    salts = self.read(name)
                    if len(salts) < need or len(salts) > need == 1 << 21: raise Bad("it has %d bytes, not %d" % (len(salts), need))
            while frame and frame[0] < index:
                self.found.problem("log entry %d" % frame[0], "it has a body that does not belong to it, or is missing itself")
                frame = next(frames, None)
            body, frame = (frame[1], next(frames, None)) if frame and frame[0] == index else (None, frame)
            with self.found.at("log entry %d" % index):
                e = read_entry(raw)
                signatures.check(index, e, raw)
                self.entry(index, e, salts[32 * (index & 65535):][:32], body)
            if index == count:  # else an entry is missing, and no tree can be made
                count += 1
                self.grow(rows, count, leaf_hash(raw))
                if old and count == old[0] and self.root(rows) != old[1]:
                    self.found.problem("log", "history was rewritten since the earlier checkpoint of %d entries" % count)
        self.rest(frame, frames)
        signatures.end()
        if count == self.size:
            for level, row in enumerate(rows):
                if row: self.check_tile(level, count >> 8 * level + 8, row)
            if self.root(rows) != root: self.found.problem("log/checkpoint", "its root is not that of the entries")
    def rest(self, frame, frames):
        for index, _ in [frame, *frames] if frame else ():
            self.found.problem("log entry %d" % index, "it has a body that does not belong to it, or is missing itself")
    @staticmethod
    def root(rows):
        above = []
        for row in rows: above = [tree_hash(row + above)] if row or above else []
        return above[0] if above else hashlib.sha256(b"").digest()
    def erasures(self):
        """Tombstones (spec 7): what they say is gone must be gone. Returns what each rewritten file holds now."""
        now, targets, seen = {}, {t["target"] for t in self.tombstones if "target" in t}, self.destroyed
        for t in self.tombstones:
            if "blob" in t: now[t["blob"]] = t.get("now")
        for t in self.tombstones:
            with self.found.at("log entry %d" % t.get("target", 0)):
                with self.open("side/salt/%06d" % (t["target"] >> 16)) as f:
                    f.seek(32 * (t["target"] & 65535))
                    if f.read(32) != ZERO: raise Bad("it was erased, but its salt is still there")
                if t.get("now") and now[t["blob"]]:
                    with self.open("archive/%s/%s" % (t["blob"][:2], t["blob"])) as f:
                        f.seek(t["offset"])
                        if f.read(t["length"]).strip(b" ") or self.files["archive/%s/%s" % (t["blob"][:2], t["blob"])] < t["offset"] + t["length"]:
                            raise Bad("it was erased, but its bytes are still there")
        forgotten = {seen[t] for t in targets & seen.keys()}  # a tombstone of a statement is for all its versions
        for index in seen.keys() - targets:
            if seen[index] not in forgotten: self.found.problem("log entry %d" % index, "its salt was destroyed, and no tombstone says so")
        for index in self.doubtful.keys() - targets: self.found.problem("log entry %d" % index, self.doubtful[index])
        return now
    def archive(self, now):
        """Each evidence file under its SHA-256 (spec 2), and none missing."""
        known = dict(self.captures.values())
        for name in sorted(self.files):
            m = re.fullmatch("archive/([0-9a-f]{2})/(\\1[0-9a-f]{62})", name)
            with self.found.at(name):
                if m:
                    got, n = digest(chunks(self.open(name)))
                    self.found.checked["files"], self.found.checked["bytes"] = self.found.checked["files"] + 1, self.found.checked["bytes"] + n
                    if got != now.get(m[2], m[2]):
                        raise Bad("its bytes are not those that were archived" if m[2] not in now else "it is not what its tombstone says it holds")
                    if m[2] not in known: self.found.note("%s belongs to no entry: a write that was never finished" % name)
                    elif known[m[2]] != n: raise Bad("it has %d bytes, and its capture entry says %d" % (n, known[m[2]]))
                else: self.foreign(name)
        for blob in known:
            if "archive/%s/%s" % (blob[:2], blob) not in self.files and now.get(blob, blob):
                self.found.problem("archive/%s/%s" % (blob[:2], blob), "it is missing")
    def foreign(self, name):
        """A file that is no evidence: is it allowed to be here (spec 1, 3)?"""
        bare = name[:-4] if name.endswith(".tmp") else name
        tile = re.fullmatch(r"log/tile/(\d|entries)/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?", bare)
        side = re.fullmatch(r"side/(?:salt|body)/(\d{6,})", bare)
        if tile:
            n, width = int(re.sub("[x/]", "", tile[2])), int(tile[3] or 256)
            want = max(0, min(256, (self.size >> 8 * (0 if tile[1] == "entries" else int(tile[1]))) - 256 * n))
            if bare != tile_name(tile[1], n, width) or width == 0: raise Bad("it does not belong to the case")
            unfinished = width != want
        elif side: unfinished = int(side[1]) << 16 >= self.size
        elif LOOSE.fullmatch(bare) or bare != name and re.fullmatch("archive/([0-9]{16}|[0-9a-f]{2}/[0-9a-f]{64})", bare): unfinished = False
        else: raise Bad("it does not belong to the case")
        if unfinished or bare != name: self.found.note("%s is from a write that was never finished, or was replaced: no part of the case" % name)
    def settings(self):
        """case.toml and the databases (spec 5, 6)."""
        with self.found.at("case.toml"):
            if self.toml is not None and self.read("case.toml") != self.toml.encode(): raise Bad("it is not what the newest config entry says")
        if "catalog.open" in self.files or "catalog.sum" not in self.files:
            return self.found.note("the databases are in use or were not closed cleanly; they are no evidence and were not checked")
        with self.found.at("catalog.sum"):
            sums = read_json(self.read("catalog.sum").decode())
            if sums["log_size"] > self.size: raise Bad("the databases were made from a longer log: was the log put back to an older state?")
            for name, want in sums["files"].items():
                if digest(chunks(self.open(name)))[0] != want: raise Bad("%s was changed since it was closed; `dalil rebuild` makes it anew" % name)

def check_case(top, found, since):
    case, old, key, ok = Case(top, found), None, None, False
    with found.at("log/key or log/checkpoint"):
        key = read_key(case.read("log/key"))
        case.size, root = read_checkpoint(case.read("log/checkpoint"), key)
        ok = True
        found.note("ask the holder of the log, by another way, whether this is their key: %s+%s" % key[:2])
    if not ok: return
    with found.at(since or "."):
        old = read_checkpoint(small(lambda name: chunks(open(name, "rb")), since), key) if since else None
        if old and old[0] > case.size or old and old[0] == 0 and old[1] != hashlib.sha256(b"").digest():
            raise Bad("history was rewritten: the log had %d entries and now has %d" % (old[0], case.size))
    case.log(root, old)
    now = case.erasures()
    case.archive(now)
    case.settings()

def main(args):
    if hasattr(sys.stdout, "reconfigure"): sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    as_json, since, paths = "--json" in args, None, [a for a in args if a != "--json"]
    if "--since" in paths:
        i = paths.index("--since")
        since, paths = (paths[i + 1:i + 2] or [None])[0], paths[:i] + paths[i + 2:]
    if not paths or any(a.startswith("-") for a in paths) or "--since" in args and not since:
        print(__doc__, file=sys.stderr)
        return 2
    good = True
    for path in paths:
        found = Findings(path)
        with found.at("."):
            bundle = not os.path.isdir(path) or any(os.path.lexists(os.path.join(path, n)) for n in ("entries.ndjson", "MANIFEST.sha256", "START-HERE.html"))
            (check_bundle if bundle else check_case)(path, found, since)
        good = found.report(as_json) and good
    return 0 if good else 4

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
