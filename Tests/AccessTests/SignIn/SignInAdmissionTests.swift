import Base
import Testing

@testable import Access

/// A catalog with these users.
struct FewUsers: UserDirectory {
    var found: [UserKey: [String]] = [:]
    var isDown = false
    /// Whether nobody is there any more.
    var isGone = false
    struct Down: Error {}

    func users(_ key: UserKey) async throws -> [String] {
        if isDown { throw Down() }
        return found[key] ?? []
    }
    func ownership(of userRef: String) async throws -> [String] {
        if isDown { throw Down() }
        return isGone ? [] : [userRef]
    }
}

@Suite("Who may sign in")
struct SignInAdmissionTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func ann(_ change: (inout SignInIdentity) -> Void = { _ in }) -> SignInIdentity {
        var identity = SignInIdentity(provider: "oidc", id: "sub-1")
        identity.username = "Ann"
        identity.email = "Ann+news@Acme.example"
        identity.groups = ["staff"]
        change(&identity)
        return identity
    }

    private static func person(
        _ identity: SignInIdentity = ann(), rules: [SignInRule] = [], resolvers: [UserResolver] = [],
        users: FewUsers = FewUsers(), lifetimes: [String: Duration] = [:]
    ) async throws(SignInError) -> Person {
        var settings = SignInSettings()
        settings.rules = rules
        settings.resolvers = ["oidc": resolvers]
        settings.lifetimes = lifetimes
        return try await SignInAdmission(settings, directory: users, now: { now }).person(for: identity)
    }

    @Test("whom nothing lets in is not let in, however well they are known")
    func denied() async {
        let error = await #expect(throws: SignInError.self) { try await Self.person() }
        #expect(error?.code == .notAdmitted)
    }

    @Test(
        "a rule admits by one property of the persons of one provider or of all",
        arguments: [
            ("oidc", .user("Ann"), true), ("oidc", .user("sub-1"), true), ("oidc", .user("ann"), false),
            (nil, .user("Ann"), false), (nil, .user("sub-1"), false), (nil, .user("*"), true),
            ("oidc", .user("*"), true), ("github", .user("*"), false), (nil, .group("staff"), true),
            (nil, .group("Staff"), false), ("kubernetes", .group("staff"), false),
            (nil, .email("ann+news@acme.example"), true), (nil, .email("nn+news@acme.example"), false),
            (nil, .emailDomain("acme.EXAMPLE"), true), (nil, .emailDomain("me.example"), false),
            (nil, .emailDomain("example"), false),
        ] as [(String?, SignInRule.Property, Bool)])
    func rules(provider: String?, property: SignInRule.Property, expected: Bool) async {
        let person = try? await Self.person(rules: [SignInRule(provider: provider, property: property)])
        #expect((person != nil) == expected)
        #expect(person.map { $0.subject == "oidc:sub-1" && $0.userEntityRef == nil } ?? true)
    }

    @Test("without an email no rule about emails admits anybody")
    func noEmail() async {
        for email in [nil, "", "@acme.example", "ann@", "acme.example"] {
            let identity = Self.ann { $0.email = email }
            let rule = SignInRule(provider: nil, property: .emailDomain("acme.example"))
            await #expect(throws: SignInError.self) { try await Self.person(identity, rules: [rule]) }
        }
    }

    @Test(
        "a resolver looks for what its name says",
        arguments: [
            (.usernameMatchingUserEntityName, [], .name("Ann")),
            (.emailMatchingUserEntityProfileEmail, [], .email("Ann+news@Acme.example")),
            (.emailLocalPartMatchingUserEntityName, [], .name("Ann")),
            (.emailLocalPartMatchingUserEntityName, ["ACME.example"], .name("Ann")),
            (.emailLocalPartMatchingUserEntityName, ["other.example"], nil),
            (.userIdMatchingUserEntityAnnotation, [], .annotation("github.com/user-id", "sub-1")),
            (.usernameMatchingUserEntityAnnotation, [], .annotation("github.com/user-login", "Ann")),
        ] as [(UserResolver.Rule, [String], UserKey?)])
    func resolvers(rule: UserResolver.Rule, domains: [String], expected: UserKey?) {
        #expect(UserResolver(rule, allowedDomains: domains).key(of: Self.ann()) == expected)
    }

    @Test("the first resolver that finds one entity names the person; two entities count as none")
    func resolving() async throws {
        let resolvers = [
            UserResolver(.emailMatchingUserEntityProfileEmail), UserResolver(.usernameMatchingUserEntityName),
        ]
        let users = FewUsers(found: [
            .email("Ann+news@Acme.example"): ["user:default/a", "user:default/b"], .name("Ann"): ["user:default/ann"],
        ])
        #expect(try await Self.person(resolvers: resolvers, users: users).userEntityRef == "user:default/ann")
        let ambiguous = await #expect(throws: SignInError.self) {
            try await Self.person(resolvers: [resolvers[0]], users: users)
        }
        #expect(ambiguous?.code == .notAdmitted)
    }

    @Test("a catalog that does not answer lets nobody in, and says so")
    func catalogDown() async {
        let error = await #expect(throws: SignInError.self) {
            try await Self.person(
                rules: [SignInRule(provider: nil, property: .user("*"))],
                resolvers: [UserResolver(.usernameMatchingUserEntityName)], users: FewUsers(isDown: true))
        }
        #expect(error?.code == .unavailable)
    }

    @Test("a sign-in ends after its lifetime, and not later than what the person showed")
    func lifetime() async throws {
        let admitted = Self.ann { $0.isAdmitted = true }
        #expect(try await Self.person(admitted).expires == Self.now.adding(seconds: 12 * 3_600))
        #expect(
            try await Self.person(admitted, lifetimes: ["oidc": .seconds(60)]).expires == Self.now.adding(seconds: 60))
        let short = Self.ann {
            $0.isAdmitted = true
            $0.expires = Self.now.adding(seconds: 5)
        }
        #expect(try await Self.person(short).expires == Self.now.adding(seconds: 5))
    }

    @Test("a name is cut where a cookie could not hold it; an id is never cut")
    func bounds() async throws {
        let long = Self.ann {
            $0.isAdmitted = true
            $0.displayName = String(repeating: "n", count: 10_000)
        }
        #expect(try await Self.person(long).displayName.count == 100)
        let heavy = Self.ann {
            $0.isAdmitted = true
            $0.displayName = "e" + String(repeating: "\u{301}", count: 10_000)
        }
        #expect(try await Self.person(heavy).displayName.utf8.count == 99)
        for id in ["", String(repeating: "i", count: 513)] {
            let nameless = Self.ann {
                $0.id = id
                $0.isAdmitted = true
            }
            await #expect(throws: SignInError.self) { try await Self.person(nameless) }
        }
    }
}
