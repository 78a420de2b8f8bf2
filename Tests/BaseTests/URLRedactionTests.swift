import Base
import Testing

@Suite("What is shown of URLs")
struct URLRedactionTests {
    @Test(
        "user, password, query and fragment are left out",
        arguments: [
            ("https://h/p?token=1", "https://h/p"), ("http://u:p@h:81/p/../q#f", "http://…@h:81/p/../q"),
            ("https://u:p@x@h/p", "https://…@h/p"), ("https://u@h", "https://…@h"), ("//u:p@h/p", "//…@h/p"),
            ("url:https://u:p@h/p?q", "url:https://…@h/p"), ("https:///u:p@h/p", "https:///…@h/p"),
            ("https://u:p\\q@h/", "https://…@h/"), ("https://u:p/q@h/", "https://…"), ("https://u:p?q@h/", "https://…"),
            ("https://[fd00::1]:443/p", "https://[fd00::1]:443/p"), ("https://u:p@[::1]/p", "https://…@[::1]/p"),
            ("https://h/@scope/a.yaml", "https://h/@scope/a.yaml"), ("nonsense", "nonsense"), ("a.yaml?x", "a.yaml"),
        ])
    func redaction(_ url: String, _ expected: String) { #expect(redactedURL(url) == expected) }

    @Test(
        "a user is known where one stands",
        arguments: [
            ("https://u:p@h/", true), ("https://u@h", true), ("//u@h", true), ("https://h/@scope", false),
            ("https://h?a=@", false), ("https://h#@", false), ("a@b", false), ("https://h:443/", false),
        ])
    func user(_ url: String, _ expected: Bool) { #expect(namesUser(inURL: url) == expected) }
}
