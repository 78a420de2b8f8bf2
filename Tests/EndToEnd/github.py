"""A GitHub over HTTP: the parts of its REST API that discovery uses, with etags, limits, and failures on command."""

import hashlib
import http.server
import json
import threading
import urllib.parse


class GitHub:
    def __init__(self, token):
        self.token = token
        # {"owner/name": {path: text}}
        self.repositories = {}
        # Called with a path; what it gives instead of None is (status, headers, body).
        self.fault = lambda path: None
        self.log = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.authority = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def location(self, repository, path="catalog-info.yaml"):
        return f"url:https://{self.authority}/{repository}/blob/main/{path}"

    def answer(self, path, query, headers):
        if failure := self.fault(path):
            return failure
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {}, {"message": "Bad credentials"}
        parts = path.removeprefix("/api/v3/").split("/")
        if parts[0] == "orgs":
            names = [name for name in sorted(self.repositories) if name.startswith(parts[1] + "/")]
            size, page = int(query["per_page"]), int(query["page"])
            link = f'<http://{self.authority}/?page={page + 1}>; rel="next"' if len(names) > page * size else ""
            shown = names[(page - 1) * size:page * size]
            return 200, {"Link": link}, [{"full_name": name, "default_branch": "main"} for name in shown]
        files = self.repositories.get("/".join(parts[1:3]))
        if parts[0] != "repos" or files is None:
            return 404, {}, {"message": "Not Found"}
        if len(parts) == 3:
            return 200, {}, {"full_name": "/".join(parts[1:3]), "default_branch": "main"}
        if parts[3:5] == ["git", "trees"]:
            etag = f'"{hashlib.sha256(json.dumps(sorted(files)).encode()).hexdigest()[:16]}"'
            if headers.get("If-None-Match") == etag:
                return 304, {"ETag": etag}, b""
            return 200, {"ETag": etag}, {"tree": [{"path": path, "type": "blob"} for path in sorted(files)]}
        text = files.get("/".join(parts[4:])) if parts[3] == "contents" else None
        if text is None:
            return 404, {}, {"message": "Not Found"}
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
        if headers.get("If-None-Match") == etag:
            return 304, {"ETag": etag}, b""
        return 200, {"ETag": etag, "Content-Type": "application/vnd.github.v3.raw; charset=utf-8"}, text.encode()

    def _handler(self):
        github = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(parts.query))
                status, headers, body = github.answer(urllib.parse.unquote(parts.path), query, self.headers)
                github.log.append((status, parts.path))
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"X-RateLimit-Remaining": "4321", **headers}.items():
                    if value:
                        self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        return Handler
