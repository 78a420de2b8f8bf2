import Base
import KubeClient
import Synchronization
import TestSupport
import Testing

@testable import Access

@Suite("Persons who show a token of the cluster")
struct PersonTokenReviewsTests {
    private static let key = SigningKey.generate()
    private static let token = key.sign(["sub": "ann"])

    /// An API server that gives this status to every review.
    private static func answering(_ status: JSONValue) -> TokenReviews {
        TokenReviews { _ in JSONValue.object(["status": status]).serialized() }
    }

    @Test(
        "a TokenReview's status names a person only when it says that the token is good, and for us",
        arguments: [
            (#"{"authenticated":true,"user":{"username":"ann","groups":["a","b"]}}"#, [], true),
            (#"{"authenticated":true,"user":{"username":"ann","groups":["a","b"]},"audiences":["c"]}"#, ["c"], true),
            (#"{"authenticated":true,"user":{"username":"ann"},"audiences":["d"]}"#, ["c"], false),
            (#"{"authenticated":true,"user":{"username":"ann"}}"#, ["c"], false),
            (#"{"authenticated":true,"user":{"username":""}}"#, [], false), (#"{"authenticated":true}"#, [], false),
            (#"{"error":"bad","user":{"username":"ann"}}"#, [], false),
            (#"{"authenticated":"true","user":{"username":"ann"}}"#, [], false), ("null", [], false),
        ] as [(String, Set<String>, Bool)])
    func status(_ status: String, audiences: Set<String>, isKnown: Bool) async throws {
        let reviews = Self.answering(try JSONValue(parsing: Array(status.utf8)))
        let person = try await PersonTokenReviews(reviews, audiences: audiences).identity(of: Self.token)
        #expect(person == (isKnown ? KubernetesPerson(username: "ann", groups: ["a", "b"], expires: nil) : nil))
    }

    @Test(
        "the cluster is asked for our audiences, and for its own when there are none",
        arguments: [
            ([], ["token": .string(token)]), (["b", "a"], ["token": .string(token), "audiences": ["a", "b"]]),
        ] as [(Set<String>, JSONValue)])
    func question(_ audiences: Set<String>, _ spec: JSONValue) async throws {
        let asked = Mutex<[JSONValue?]>([])
        let reviews = TokenReviews { request in
            let body = try JSONValue(parsing: request.body ?? [])
            asked.withLock { $0.append(body["spec"]) }
            return Array("{}".utf8)
        }
        #expect(try await PersonTokenReviews(reviews, audiences: audiences).identity(of: Self.token) == nil)
        #expect(asked.withLock { $0 } == [spec])
    }

    @Test("a cluster that cannot be asked is told apart from one that does not know the token")
    func down() async {
        let reviews = TokenReviews { _ in throw CancellationError() }
        let error = await #expect(throws: SignInError.self) {
            try await PersonTokenReviews(reviews, audiences: []).identity(of: Self.token)
        }
        #expect(error?.code == .unavailable && error?.detail.contains(Self.token) == false)
    }

    @Test("the cluster is shown only what looks like one of its tokens, and eight at once")
    func many() async throws {
        let asked = Mutex(0)
        let open = Mutex(false)
        let reviews = TokenReviews { _ in
            asked.withLock { $0 += 1 }
            _ = await eventually { open.withLock { $0 } }
            return Array(#"{"status":{"authenticated":true,"user":{"username":"ann"}}}"#.utf8)
        }
        let persons = PersonTokenReviews(reviews, audiences: [])
        for text in ["a password", "eyJ.eyJ.", String(repeating: "e", count: 20_000)] {
            #expect(try await persons.identity(of: text) == nil && asked.withLock { $0 } == 0)
        }
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<8 { group.addTask { try await persons.identity(of: Self.token)?.username } }
            #expect(await eventually { asked.withLock { $0 } == 8 })
            let error = await #expect(throws: SignInError.self) { try await persons.identity(of: Self.token) }
            #expect(error?.code == .unavailable)
            open.withLock { $0 = true }
            for try await name in group { #expect(name == "ann") }
        }
        #expect(try await persons.identity(of: Self.token) != nil)
    }

    @Test("a token that tells its end ends the sign-in with it")
    func end() async throws {
        let reviews = Self.answering(["authenticated": true, "user": ["username": "ann"]])
        let token = Self.key.sign(["exp": 1_800_000_600])
        let person = try await PersonTokenReviews(reviews, audiences: []).identity(of: token)
        #expect(person?.expires == Timestamp(seconds: 1_800_000_600))
        // What it is signed with is for the cluster to know.
        let header = Base64.encode(Array(#"{"alg":"ES512"}"#.utf8), alphabet: .urlSafe)
        let other = header + token.drop { $0 != "." }
        #expect(try await PersonTokenReviews(reviews, audiences: []).identity(of: other) == person)
    }
}
