"""An S3 server over TLS on the bridge's address, as much of it as a backup needs, strict about signatures.

Knows: signature version 4, objects, listings, multipart uploads (Amazon S3 API reference, 2006-03-01). Must not know:
what is stored. Objects are files below a directory, so that a test can look at them, or damage them.

    with serving(folder, "10.20.0.1") as s3:
        s3.endpoint          # "s3.test:4443": machines have to resolve the name
        s3.authority         # the certificate to trust
        s3.full = True       # from now on nothing more is taken
        with s3.holding("PUT clusters/archive/") as waiting:
            until(lambda: waiting, bool)

A server of its own and not moto's: that one neither checks who asks, unless all of IAM is set up in it, nor can it be
full.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
import shutil
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "s3.test"
PORT = 4443


@dataclass
class S3:
    """A running server."""

    folder: Path
    address: str
    access_key: str = "test-access"
    secret_key: str = field(default="test-secret", repr=False)
    port: int = PORT
    authority: str = field(default="", repr=False)
    full: bool = False
    held: str = ""
    """Requests that begin so, e.g. `GET clusters/backup/`, get no answer while this is set. See `holding`."""
    waiting: list[str] = field(default_factory=list)
    """Those that were held."""
    uploads: dict[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        return f"{NAME}:{self.port}"

    @contextmanager
    def holding(self, begins: str) -> Iterator[list[str]]:
        """Leave whoever asks for this in the middle of it until the end of the block; the requests that wait."""
        self.waiting.clear()
        self.held = begins
        try:
            yield self.waiting
        finally:
            self.held = ""

    def bucket(self, name: str) -> Path:
        """A bucket, made where there is none."""
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        return place


@contextmanager
def serving(folder: Path, address: str, port: int = PORT) -> Iterator[S3]:
    """Serve until the end of the block."""
    s3 = S3(folder, address, port=port)
    certificate = issue(folder.parent / f"{folder.name}-tls")
    s3.authority = certificate.read_text()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    class Handler(_Handler):
        store = s3

    server = _Server((address, port), Handler)
    server.context = context
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        yield s3
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """TLS is agreed upon in the thread of the connection, so that a slow client holds up nobody."""

    daemon_threads = True
    request_queue_size = 64
    context: ssl.SSLContext

    def finish_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        request.settimeout(60)
        try:
            with self.context.wrap_socket(request, server_side=True) as channel:
                self.RequestHandlerClass(channel, client_address, self)
        except OSError:
            return

    def handle_error(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        """Clients come and go as they like."""


class _Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    store: S3

    def log_message(self, format: str, *values: object) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        self.answer(self.get)

    def do_HEAD(self) -> None:
        self.answer(self.get)

    def do_PUT(self) -> None:
        self.answer(self.put)

    def do_POST(self) -> None:
        self.answer(self.post)

    def do_DELETE(self) -> None:
        self.answer(self.delete)

    def answer(self, act) -> None:  # type: ignore[no-untyped-def]
        """Read all of the request, see who asks, act."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        bucket, _, self.key = unquote(parts.path).lstrip("/").partition("/")
        try:
            self.sees_who_asks(parts.path, parts.query)
            self.bucket = self.store.folder / bucket
            if not bucket or not self.bucket.is_dir():
                raise _Refused(404, "NoSuchBucket")
            self.waits_its_turn()
            act()
        except _Refused as refused:
            self.send(refused.status, f"<Error><Code>{refused.code}</Code><Message>{refused.code}</Message></Error>")

    def waits_its_turn(self) -> None:
        """As long as it is held back."""
        request = f"{self.command} {self.key}"
        if self.store.held and request.startswith(self.store.held):
            self.store.waiting.append(request)
            while self.store.held and request.startswith(self.store.held):
                time.sleep(0.05)

    def send(self, status: int, content: str | bytes = b"", **headers: str) -> None:
        data = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def sees_who_asks(self, path: str, query: str) -> None:
        """Signature version 4 in the header Authorization. Raises _Refused."""
        words = self.headers.get("Authorization", "").replace(",", " ").split()
        said = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        if not said.get("Credential"):
            raise _Refused(403, "AccessDenied")
        key, day, region, service, _ = said["Credential"].split("/")
        if key != self.store.access_key:
            raise _Refused(403, "InvalidAccessKeyId")
        payload = self.headers.get("x-amz-content-sha256", "")
        if payload not in ("UNSIGNED-PAYLOAD", hashlib.sha256(self.body).hexdigest()):
            raise _Refused(400, "XAmzContentSHA256Mismatch")
        names = said["SignedHeaders"].split(";")
        headers = "".join(f"{name}:{' '.join(self.headers.get(name, '').split())}\n" for name in names)
        pairs = sorted(parse_qsl(query, keep_blank_values=True))
        asked = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
        canonical = "\n".join((self.command, path, asked, headers, said["SignedHeaders"], payload))
        scope = f"{day}/{region}/{service}/aws4_request"
        moment = self.headers.get("x-amz-date", "")
        text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        secret = f"AWS4{self.store.secret_key}".encode()
        for part in (day, region, service, "aws4_request"):
            secret = hmac.digest(secret, part.encode(), "sha256")
        if not hmac.compare_digest(hmac.digest(secret, text.encode(), "sha256").hex(), said.get("Signature", "")):
            raise _Refused(403, "SignatureDoesNotMatch")

    @property
    def place(self) -> Path:
        """Where an object is: one file each, whatever is in its name."""
        return self.bucket / quote(self.key, safe="")

    def get(self) -> None:
        if not self.key:
            self.list()
            return
        try:
            data, when = self.place.read_bytes(), self.place.stat().st_mtime
        except FileNotFoundError:
            raise _Refused(404, "NoSuchKey") from None
        begin, _, end = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
        part = data[int(begin) : int(end) + 1 if end else None] if begin else data
        self.send(206 if begin else 200, part, Last_Modified=formatdate(when, usegmt=True),
                  Content_Length=str(len(part)), ETag=etag(data))  # fmt: skip

    def list(self) -> None:
        """ListObjectsV2. All at once: a test has no thousands of objects in a listing that is paged."""
        prefix, delimiter = self.query.get("prefix", ""), self.query.get("delimiter", "")
        keys = sorted(unquote(place.name) for place in self.bucket.iterdir())
        objects, folders = [], {}
        for key in (key for key in keys if key.startswith(prefix)):
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders[prefix + rest.split(delimiter)[0] + delimiter] = True
                continue
            facts = (self.bucket / quote(key, safe="")).stat()
            when = datetime.datetime.fromtimestamp(facts.st_mtime, datetime.timezone.utc).strftime(
                "%Y-%m-%dT%H:%M:%S.000Z"
            )
            objects.append(f"<Contents><Key>{escape(key)}</Key><LastModified>{when}</LastModified>"
                           f"<Size>{facts.st_size}</Size></Contents>")  # fmt: skip
        common = "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in folders)
        self.send(
            200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(objects)}{common}</ListBucketResult>"
        )

    def put(self) -> None:
        if self.store.full:
            raise _Refused(403, "QuotaExceeded")
        if "partNumber" in self.query:
            self.part(self.query["uploadId"], int(self.query["partNumber"])).write_bytes(self.body)
        else:
            self.keep(self.place, self.body)
        self.send(200, ETag=etag(self.body))

    def keep(self, place: Path, data: bytes) -> None:
        partial = self.store.folder / f".{secrets.token_hex(8)}"
        partial.write_bytes(data)
        partial.replace(place)

    def part(self, upload: str, number: int) -> Path:
        if upload not in self.store.uploads:
            raise _Refused(404, "NoSuchUpload")
        return self.store.folder / f".{upload}-{number:06d}"

    def post(self) -> None:
        if "delete" in self.query:
            for key in ElementTree.fromstring(self.body).iter():
                if key.tag.rpartition("}")[2] == "Key":
                    (self.bucket / quote(key.text or "", safe="")).unlink(missing_ok=True)
            self.send(200, "<DeleteResult></DeleteResult>")
        elif "uploads" in self.query:
            upload = secrets.token_hex(8)
            self.store.uploads[upload] = self.key
            self.send(200, "<InitiateMultipartUploadResult>"
                           f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>")  # fmt: skip
        else:
            parts = sorted(self.store.folder.glob(f".{self.query['uploadId']}-*"))
            self.keep(self.place, b"".join(part.read_bytes() for part in parts))
            self.forget(self.query["uploadId"])
            self.send(200, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def forget(self, upload: str) -> None:
        self.store.uploads.pop(upload, None)
        for part in self.store.folder.glob(f".{upload}-*"):
            part.unlink()

    def delete(self) -> None:
        if "uploadId" in self.query:
            self.forget(self.query["uploadId"])
        else:
            self.place.unlink(missing_ok=True)
        self.send(204)


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def issue(place: Path) -> Path:
    """A certificate for the server's name, its own authority; the path of it, its key beside."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = place / "server.crt"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(secret)
    return path
