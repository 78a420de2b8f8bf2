import Base
import Testing

@testable import Controller

@Suite("Configured secrets")
struct ConfigurationKeysTests {
    private static let (new, old) = (String(repeating: "n", count: 32), String(repeating: "o", count: 32))

    @Test("the first secret makes, earlier ones check; without any each process has its own")
    func secrets() throws {
        let ring = try configuration(
            "auth: {session: {secret: \(Self.new)}}\ncallboard: {auth: {previousSecrets: [\(Self.old)]}}"
        ).keys
        #expect(ring.isShared)
        #expect(ring.verify(KeyRing(secrets: [Self.old]).sign([1], for: "a"), of: [1], for: "a"))
        #expect(ring.sign([1], for: "a") == KeyRing(secrets: [Self.new]).sign([1], for: "a"))
        #expect(try !configuration("").keys.isShared)
    }

    @Test(
        "a secret that can be guessed, and an earlier one without one of now, are refused",
        arguments: [
            ("auth: {session: {secret: short}}", "auth.session.secret: expected a secret of at least 32 bytes"),
            ("callboard: {auth: {previousSecrets: [x]}}", "expected auth.session.secret beside it"),
        ])
    func refused(text: String, expected: String) {
        let error = #expect(throws: ConfigurationError.self) { try configuration(text) }
        #expect("\(error.map(String.init(describing:)) ?? "")".contains(expected))
        #expect("\(error.map(String.init(describing:)) ?? "")".contains("short") == false)
    }
}
