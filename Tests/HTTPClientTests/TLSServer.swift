import Base
import Glibc

/// An authority, a server certificate for `localhost`, a client certificate, and an unrelated authority.
struct TestCertificates: Sendable {
    let directory: String
    let authority: [UInt8]
    let otherAuthority: [UInt8]
    let client: [UInt8]
    let clientKey: [UInt8]

    /// Made once; the directory is removed when the tests end.
    static let shared = TestCertificates()

    private init() {
        var template = Array("/tmp/callboard-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("cannot make a temporary directory") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.directory = directory
        let script = """
            set -e; cd \(directory)
            key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc"
            for ca in ca other; do openssl req -x509 $key -keyout $ca.key -out $ca.pem -subj /CN=$ca -days 2; done
            openssl req -x509 $key -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem -subj /CN=server -days 2 \
                -addext subjectAltName=DNS:localhost -addext basicConstraints=CA:FALSE
            openssl req -x509 $key -CA ca.pem -CAkey ca.key -keyout client.key -out client.pem -subj /CN=client -days 2 \
                -addext basicConstraints=CA:FALSE
            echo over TLS > file.txt
            """
        let result = system("(\(script)) >\(directory)/log 2>&1")
        precondition(result == 0, "openssl failed, see \(directory)/log")
        atexit { _ = system("rm -rf \(TestCertificates.shared.directory)") }
        func read(_ name: String) -> [UInt8] { (try? readFile("\(directory)/\(name)")) ?? [] }
        authority = read("ca.pem")
        otherAuthority = read("other.pem")
        client = read("client.pem")
        clientKey = read("client.key")
    }
}

/// `openssl s_server` that serves the certificates' directory. Serves one connection at a time.
final class TLSServer {
    let port: Int
    private let process: pid_t
    private let output: UnsafeMutablePointer<FILE>

    init(_ certificates: TestCertificates, needsClientCertificate: Bool = false) throws {
        let verification = needsClientCertificate ? "-CAfile ca.pem -Verify 1 -verify_return_error" : ""
        let command =
            "cd \(certificates.directory) && echo $$ && exec openssl s_server -accept 127.0.0.1:0 -WWW "
            + "-cert server.pem -key server.key \(verification) 2>&1 < /dev/null"
        guard let output = popen(command, "r") else { preconditionFailure("cannot start openssl") }
        self.output = output
        process = pid_t(Self.line(output)) ?? 0
        var port: Int?
        while port == nil {
            let line = Self.line(output)
            precondition(!line.isEmpty, "openssl s_server ended at once")
            if line.hasPrefix("ACCEPT ") { port = line.split(separator: ":").last.flatMap { Int($0) } }
        }
        self.port = port ?? 0
    }

    deinit {
        // The child inherits the signal mask of a pool's thread, which lets nothing else through.
        if process > 0 { kill(process, SIGKILL) }
        pclose(output)
    }

    /// One line without its break; empty at the end.
    private static func line(_ file: UnsafeMutablePointer<FILE>) -> String {
        var line: [UInt8] = []
        while true {
            let byte = getc(file)
            if byte == EOF || byte == 0x0A { return String(decoding: line, as: UTF8.self) }
            line.append(UInt8(byte))
        }
    }
}
