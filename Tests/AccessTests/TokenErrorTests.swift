import Access
import Testing

@Suite("Token errors")
struct TokenErrorTests {
    @Test("a token that is not good is not one that cannot be judged")
    func difference() {
        #expect(TokenError.invalid("expired") != TokenError.unavailable("expired"))
    }
}
