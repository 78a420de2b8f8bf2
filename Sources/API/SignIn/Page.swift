internal import Base
internal import HTTPServer

/// A page for a person: plain HTML that works without scripts, on a phone, and in the dark. No other site may show it in a
/// frame, nothing is loaded from anywhere, and nobody keeps it.
struct Page: Sendable {
    /// Of the window and the heading.
    let title: String
    let content: HTML
    var status = 200
    /// Where forms may lead, as a Content-Security-Policy's `form-action` says it. Browsers hold every redirect that follows
    /// a form against it, so nil, which leaves it open, is for forms that end on another site.
    var formTargets: String? = "'self'"

    init(_ title: String, status: Int = 200, formTargets: String? = "'self'", _ content: HTML) {
        self.title = title
        self.status = status
        self.formTargets = formTargets
        self.content = content
    }

    var response: HTTPServerResponse {
        var headers = Self.protection(formTargets: formTargets)
        // With no-referrer, browsers would name the origin of the page's own forms "null" (Fetch §3.2).
        headers.set("Referrer-Policy", "same-origin")
        headers.set("Content-Type", "text/html; charset=utf-8")
        return HTTPServerResponse(status: status, headers: headers, body: .bytes(Array(document.text.utf8)))
    }

    /// Sends the browser elsewhere. Neither the answer nor where it came from is told on.
    ///
    /// - Parameter location: an absolute URL, or a path on this origin; the caller has checked that it may go there.
    static func redirect(to location: String) -> HTTPServerResponse {
        var headers = protection(formTargets: nil)
        headers.set("Location", location)
        return HTTPServerResponse(status: 303, headers: headers)
    }

    private static func protection(formTargets: String?) -> HTTPHeaders {
        let targets = formTargets.map { "; form-action \($0)" } ?? ""
        return [
            "Content-Security-Policy":
                "default-src 'none'; style-src '\(styleHash)'; base-uri 'none'; frame-ancestors 'none'\(targets)",
            "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        ]
    }

    private var document: HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>\(title) · Callboard</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <main>
        <p class="brand">Callboard</p>
        <h1>\(title)</h1>
        \(content)
        </main>
        </body>
        </html>

        """
    }

    /// Elements to use: `p`, `p class="warning"`, `ul`, `dl`, `form`, `label` with `input`, `button`,
    /// `button class="quiet"` for what is not the usual choice, `div class="choices"` around buttons.
    private static let style: HTML = """
        :root{color-scheme:light dark;--ground:#f5f5f2;--sheet:#fff;--ink:#1c1c1a;--faint:#62625c;--line:#d9d9d2;\
        --act:#14532d;--onact:#fff;--warn:#7c2d12;--warnground:#fff1e6}
        @media(prefers-color-scheme:dark){:root{--ground:#161614;--sheet:#20201e;--ink:#ecece6;--faint:#a3a39a;\
        --line:#3b3b37;--act:#86d9a2;--onact:#10241a;--warn:#ffc59e;--warnground:#3a2416}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:30rem;margin:8vh auto;padding:1.5rem 2rem 2rem;background:var(--sheet);\
        border:1px solid var(--line);border-radius:12px;overflow-wrap:anywhere}
        @media(max-width:34rem){main{margin:0;min-height:100vh;border:0;border-radius:0}}
        .brand{margin:0;color:var(--faint);font-size:.875rem;letter-spacing:.04em}
        h1{margin:.25rem 0 1rem;font-size:1.5rem;line-height:1.25}
        h2{margin:1.5rem 0 .5rem;font-size:1rem}
        p,ul,dl,form{margin:0 0 1rem}
        ul{padding-left:1.25rem}
        dt{color:var(--faint);font-size:.875rem}
        dd{margin:0 0 .5rem;font-weight:600}
        .faint{color:var(--faint);font-size:.875rem}
        .warning{padding:.75rem 1rem;border-radius:8px;background:var(--warnground);color:var(--warn)}
        label{display:block;margin-bottom:.75rem}
        input{display:block;width:100%;margin-top:.25rem;padding:.6rem .75rem;font:inherit;color:inherit;\
        background:var(--ground);border:1px solid var(--line);border-radius:8px}
        button{width:100%;padding:.7rem 1rem;font:inherit;font-weight:600;color:var(--onact);background:var(--act);\
        border:1px solid var(--act);border-radius:8px;cursor:pointer}
        button.quiet{color:var(--ink);background:transparent;border-color:var(--line)}
        .choices{display:flex;gap:.75rem;flex-wrap:wrap}
        .choices>*{flex:1 1 8rem;margin:0}
        a{color:inherit}
        :focus-visible{outline:3px solid var(--faint);outline-offset:2px}
        """

    private static let styleHash = "sha256-" + Base64.encode(sha256(Array(style.text.utf8)))
}
