internal import Base

/// A ScaleOps and the way to it.
package struct ScaleOpsEndpoint: Sendable {
    /// By which it is chosen among several.
    package let name: String
    /// Without a slash at the end.
    package let baseURL: String
    package let credentials: ScaleOpsCredentials
    /// Whether answers lead to its dashboard.
    package let linksToDashboard: Bool

    package init(
        name: String = "default", baseURL: String, credentials: ScaleOpsCredentials = .none,
        linksToDashboard: Bool = false
    ) {
        self.name = name
        var url = baseURL[...]
        while url.hasSuffix("/") { url.removeLast() }
        self.baseURL = String(url)
        self.credentials = credentials
        self.linksToDashboard = linksToDashboard
    }

    /// Where the dashboard shows workloads of a name with these labels; nil when nobody shall be led there.
    package func dashboardURL(workloadName: String = "", labels: [String] = []) -> String? {
        guard linksToDashboard else { return nil }
        return "\(baseURL)/cost-report/compute?searchTerms=\(percentEncoded(workloadName))&selectedTable=Workloads"
            + "&groupByCluster=0&groupByNamespace=0&logicalLabel=AND"
            + labels.map { "&labels=\(percentEncoded($0))" }.joined()
    }
}

/// How Callboard shows a ScaleOps who it is.
package enum ScaleOpsCredentials: Sendable {
    /// Not at all.
    case none
    /// A user of ScaleOps itself or of its LDAP, which is the same for who logs in.
    case login(user: String, password: Secret)
    /// A token that serves until somebody changes it.
    case bearer(Secret)
    case azure(AzureApplication)

    /// What must not be shown to anybody.
    var secrets: [Secret] {
        switch self {
        case .none: []
        case .login(_, let password): [password]
        case .bearer(let token): [token]
        case .azure(let application): [application.clientSecret]
        }
    }
}

/// An application of Azure AD (Entra ID) that gets tokens with a secret of its own (OAuth's client credentials).
package struct AzureApplication: Sendable {
    /// Where it gets them.
    package let tokenURL: String
    package let clientID: String
    let clientSecret: Secret
    package let scope: String

    /// Microsoft Graph with what the application has been granted, as ScaleOps asks for.
    package static let graphScope = "https://graph.microsoft.com/.default"

    package init(tokenURL: String, clientID: String, clientSecret: Secret, scope: String = graphScope) {
        self.tokenURL = tokenURL
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
    }

    /// Where the applications of a tenant get tokens from Microsoft's public cloud.
    package static func tokenURL(tenant: String) -> String {
        "https://login.microsoftonline.com/\(percentEncoded(tenant))/oauth2/token"
    }
}
