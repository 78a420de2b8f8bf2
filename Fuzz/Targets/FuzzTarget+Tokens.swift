import Access
import Base

extension FuzzTarget {
    /// A signed token, and after the first line the key set of an issuer: no token is good by a key that did not sign it.
    static let token = FuzzTarget(name: "token") { input in
        let text = input.prefix { $0 != UInt8(ascii: "\n") }
        let published = JSONWebKeySet(parsing: Array(input.dropFirst(text.count + 1)))
        guard let token = try? JSONWebToken(parsing: String(decoding: text, as: UTF8.self)) else { return }
        let rules = ClaimRules(issuer: nil, audiences: nil, needsExpiry: false)
        for key in published?.keys ?? [] {
            require(!key.algorithms.contains(.hs256), "a secret that was published")
        }
        do throws(JWTError) {
            try published?.verify(token, rules: rules, at: Timestamp(seconds: 0))
        } catch {
            require(error.description.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\"") }, "\(error)")
        }
        let secret = VerificationKey(secret: secret)
        require((try? token.verify(with: secret, allowing: [.hs256])) == nil, "a token that nobody signed")
    }

    private static let secret = randomBytes(32)
}
