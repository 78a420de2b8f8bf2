import Actions
import Base
import TestSupport
import Testing

@Suite("Who the caller is", .serialized, .enabled(if: TestDatabase.isAvailable))
struct WhoAmITests {
    private static let people = """
        apiVersion: backstage.io/v1alpha1
        kind: User
        metadata: {name: ann}
        spec: {memberOf: [payments]}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Group
        metadata: {name: payments}
        spec: {type: team, children: []}
        """

    @Test("a person learns their entity and under which references they own things")
    func person() async throws {
        try await Scene.with { scene async throws in
            try await scene.define(Self.people, location: "file:people.yaml")
            let ann = Caller(subject: "user:default/ann", userEntityRef: "user:default/ann")
            let answer = try await scene.invoke("auth:who-am-i", for: ann)
            #expect(answer["entity"]?["metadata"]?["name"] == "ann")
            #expect(
                answer["userInfo"] == [
                    "userEntityRef": "user:default/ann",
                    "ownershipEntityRefs": ["user:default/ann", "group:default/payments"],
                ])
        }
    }

    @Test("a program is told that this needs a person, a person whom the catalog has not that it has not")
    func others() async throws {
        try await Scene.with { scene async throws in
            #expect(
                try await scene.refusal("auth:who-am-i")
                    == ActionError(.notAllowed, "This action requires user credentials"))
            let bob = Caller(subject: "user:default/bob", userEntityRef: "user:default/bob")
            #expect(try await scene.refusal("auth:who-am-i", for: bob)?.kind == .notFound)
        }
    }
}
