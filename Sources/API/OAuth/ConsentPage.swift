internal import Access
internal import Base

/// What a person is asked before a program gets access in their name, and what they are told when that cannot be.
enum ConsentPage {
    /// - Parameter action: where the decision goes.
    static func asking(_ question: ConsentQuestion, action: String) -> Page {
        let client = question.client
        let facts: [HTML] = [
            "<dt>Application</dt><dd>\(client.name)</dd>",
            client.origin == .document ? "<dt>Its address</dt><dd>\(host(of: client.id))</dd>" : "",
            "<dt>You are sent to</dt><dd>\(question.redirectURI.destination)</dd>",
            "<dt>You are</dt><dd>\(question.person.displayName) (\(question.person.subject))</dd>",
            "<dt>For</dt><dd>\(question.resource)</dd>",
        ]
        let scopes = question.scopes.map { scope -> HTML in "<li>\(scope.meaning)</li>" }
        return Page(
            "Give \(client.name) access?", formTargets: nil,
            """
            <dl>\(HTML(facts))</dl>
            \(HTML(warnings(question)))
            <h2>It will be able to</h2>
            <ul>\(HTML(scopes))</ul>
            <form method="post" action="\(action)">
            <input type="hidden" name="ticket" value="\(question.ticket)">
            <div class="choices">
            <button name="decision" value="approve">Give access</button>
            <button name="decision" value="reject" class="quiet">Refuse</button>
            </div>
            </form>
            """)
    }

    private static func warnings(_ question: ConsentQuestion) -> [HTML] {
        var warnings: [HTML] = []
        if question.client.origin == .registered {
            warnings.append(
                """
                <p class="warning">Anybody can give an application this name. Go on only if you have just begun this yourself, \
                in an application that you trust.</p>
                """)
        }
        if question.client.redirectURIs.allSatisfy(\.isLoopback) {
            warnings.append(
                """
                <p class="warning">The access goes to a program on your own computer. Any program that runs there may be the \
                one that asks. Go on only if you have just begun this yourself.</p>
                """)
        }
        return warnings
    }

    /// Of a URL that is known to be one.
    private static func host(of url: String) -> String {
        String(url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? "")
    }

    /// That a request cannot be granted. It goes to nobody else, because who asked is not certain.
    static func refusal(_ error: OAuthError) -> Page {
        Page(
            "This request cannot be granted", status: error.code == .accessDenied ? 403 : 400,
            """
            <p>An application has sent you here, but its request is not in order: \(error.detail).</p>
            <p class="faint">\(error.code.rawValue)</p>
            """)
    }

    static let unavailable = Page(
        "Please try again in a moment", status: 503, "<p>What is needed for an answer cannot be reached just now.</p>")
}
