internal import Access
internal import Base

/// What persons see while they sign in.
struct SignInPages: Sendable {
    let signIn: SignIn

    /// The ways to sign in.
    ///
    /// - Parameters:
    ///   - formToken: goes with each form.
    ///   - note: what went wrong before; nil: nothing.
    func choice(returningTo path: String?, formToken: String, status: Int = 200, note: String? = nil) -> Page {
        let fields: HTML = """
            <input type="hidden" name="form" value="\(formToken)">
            <input type="hidden" name="return" value="\(path ?? "")">
            """
        let redirecting = signIn.providers.map { provider -> HTML in
            """
            <form method="post" action="\(action(provider.id))">
            \(fields)
            <button>Sign in with \(provider.title)</button>
            </form>
            """
        }
        let ways = redirecting + (signIn.takesKubernetesTokens ? [kubernetes(fields)] : [])
        // Forms lead to the provider, and from there wherever it lets persons sign in.
        return Page("Sign in", status: status, formTargets: nil, HTML(note.map { [warning($0)] + ways } ?? ways))
    }

    private func kubernetes(_ fields: HTML) -> HTML {
        """
        <form method="post" action="\(action("kubernetes"))" autocomplete="off">
        \(fields)
        <label>Token of the cluster
        <input type="password" name="token" required maxlength="16384" autocomplete="off" spellcheck="false">
        </label>
        <p class="faint">For example that of <code>kubectl create token</code>. It is shown to the cluster and not kept.</p>
        <button class="quiet">Sign in with Kubernetes</button>
        </form>
        """
    }

    /// Who has signed in here.
    func welcome(_ person: Person, ownership: [String], returningTo path: String?, formToken: String) -> Page {
        let groups = ownership.filter { $0 != person.userEntityRef }
        let facts: [HTML] = [
            "<dt>Known as</dt><dd>\(person.subject)</dd>",
            "<dt>In the catalog</dt><dd>\(person.userEntityRef ?? "no user entity")</dd>",
            groups.isEmpty ? "" : "<dt>Member of</dt><dd>\(groups.joined(separator: ", "))</dd>",
            "<dt>Until</dt><dd>\(person.expires.startOfSecond.rfc3339)</dd>",
        ]
        let onward: HTML = path.map { "<p><a href=\"\($0)\">Continue</a></p>" } ?? ""
        return Page(
            "Signed in as \(person.displayName)",
            """
            <dl>\(HTML(facts))</dl>
            \(onward)
            <form method="post" action="\(signIn.site.path("/api/auth/sign-out"))">
            <input type="hidden" name="form" value="\(formToken)">
            <button class="quiet">Sign out</button>
            </form>
            """)
    }

    /// That somebody could not be signed in, with a way to begin again.
    func failure(_ error: SignInError, returningTo path: String?) -> Page {
        let (status, title, advice) = Self.words(error.code)
        let again = path.map { signIn.sessions.signInPath(returningTo: $0) } ?? signIn.site.path("/api/auth/sign-in")
        return Page(title, status: status, "<p>\(advice)</p>\n<p><a href=\"\(again)\">Try again</a></p>")
    }

    /// A request that no page of ours sends.
    static func problem(_ status: Int, _ text: String) -> Page {
        Page("That did not work", status: status, "<p>\(text)</p>")
    }

    /// For each way to fail, what a person can do. Details are for the log.
    static func words(_ code: SignInError.Code) -> (status: Int, title: String, advice: String) {
        switch code {
        case .expired:
            (400, "The sign-in is over", "It took too long, or it was finished already, or cookies are switched off.")
        case .mismatch:
            (400, "This is another sign-in", "What came back does not belong to the sign-in that was begun last here.")
        case .declined: (403, "Not signed in", "Signing in was declined.")
        case .refused: (403, "Not signed in", "The code or token is not good, or not any more.")
        case .invalidAnswer:
            (502, "The provider answered wrongly", "Whoever operates Callboard finds the reason in its log.")
        case .unavailable:
            (503, "Signing in is not possible now", "What is needed for it does not answer. Nothing is lost.")
        case .notAdmitted:
            (403, "You may not sign in here", "You are known, but nothing here lets you in. Ask who operates it.")
        }
    }

    private func warning(_ text: String) -> HTML { "<p class=\"warning\">\(text)</p>" }
    private func action(_ provider: String) -> String { signIn.site.path("/api/auth/sign-in/\(provider)") }
}

extension Timestamp {
    fileprivate var startOfSecond: Timestamp { Timestamp(seconds: microseconds / 1_000_000) }
}
