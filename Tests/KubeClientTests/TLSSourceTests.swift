import Base
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("TLS source")
struct TLSSourceTests {
    /// Files whose contents the test sets, and the lines that were logged.
    private final class Disk: Sendable {
        private let files = Mutex<[String: String]>([:])
        private let lines = Mutex<[String]>([])

        func set(_ path: String, _ text: String?) { files.withLock { $0[path] = text.map { "-----BEGIN \($0)" } } }
        func spoil(_ path: String) { files.withLock { $0[path] = "garbage" } }
        var log: [String] { lines.withLock { $0 } }

        @Sendable func read(_ path: String) throws(FileError) -> [UInt8] {
            guard let text = files.withLock({ $0[path] }) else {
                throw FileError(code: .notFound, path: path, detail: "gone")
            }
            return Array(text.utf8)
        }

        var logger: Logger {
            Logger("test", sink: { [self] line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
        }
    }

    private let disk = Disk()
    private let clock = ManualClock()

    private func source(_ files: ClusterConfiguration.TLSFiles) throws -> TLSSource {
        var configuration = ClusterConfiguration(server: "https://one")
        configuration.tls = TLSOptions(certificateAuthorityPEM: try files.certificateAuthority.map(disk.read))
        configuration.tls.clientCertificatePEM = try files.clientCertificate.map(disk.read)
        configuration.tls.clientKeyPEM = try files.clientKey.map(disk.read)
        configuration.tls.serverName = "kept"
        configuration.tlsFiles = files
        return TLSSource(configuration, clock: clock, logger: disk.logger, read: disk.read)
    }

    private func text(_ pem: [UInt8]?) -> String { String(decoding: (pem ?? []).dropFirst(11), as: UTF8.self) }

    @Test("files are read again after five minutes, and what did not come from files stays")
    func rereading() async throws {
        disk.set("/ca", "one")
        let source = try source(.init(certificateAuthority: "/ca"))
        disk.set("/ca", "two")
        clock.advance(by: .seconds(299))
        #expect(text(await source.options().certificateAuthorityPEM) == "one")
        clock.advance(by: .seconds(1))
        let options = await source.options()
        #expect(text(options.certificateAuthorityPEM) == "two")
        #expect(options.serverName == "kept")
        #expect(disk.log.isEmpty)
    }

    @Test("when TLS fails they are read at once, and it is told whether there is something new to try")
    func failure() async throws {
        disk.set("/ca", "one")
        let source = try source(.init(certificateAuthority: "/ca"))
        let old = await source.options()
        #expect(await !source.fail(old))
        disk.set("/ca", "two")
        #expect(await source.fail(old))
        #expect(text(await source.options().certificateAuthorityPEM) == "two")
        // Another request that failed with the old one tries the new one too.
        #expect(await source.fail(old))
    }

    @Test("a certificate is never taken without its key")
    func pair() async throws {
        disk.set("/c", "certificate")
        disk.set("/k", "key")
        let source = try source(.init(clientCertificate: "/c", clientKey: "/k"))
        disk.set("/c", "new certificate")
        disk.set("/k", nil)
        clock.advance(by: .seconds(300))
        #expect(text(await source.options().clientCertificatePEM) == "certificate")
        disk.set("/k", "new key")
        clock.advance(by: .seconds(300))
        let options = await source.options()
        #expect([text(options.clientCertificatePEM), text(options.clientKeyPEM)] == ["new certificate", "new key"])
    }

    @Test("while a file cannot be read the old content serves on, and one warning says so until that changes")
    func unreadable() async throws {
        disk.set("/ca", "one")
        let source = try source(.init(certificateAuthority: "/ca"))
        disk.set("/ca", nil)
        for _ in 0..<3 {
            clock.advance(by: .seconds(300))
            #expect(text(await source.options().certificateAuthorityPEM) == "one")
        }
        #expect(disk.log.count == 1)
        #expect(disk.log.first?.contains("the old one serves on") == true)
        #expect(disk.log.first?.contains("/ca: gone") == true)
        disk.spoil("/ca")
        clock.advance(by: .seconds(300))
        #expect(text(await source.options().certificateAuthorityPEM) == "one")
        #expect(disk.log.count == 2)
        #expect(disk.log.last?.contains("expected PEM") == true)
        disk.set("/ca", "two")
        clock.advance(by: .seconds(300))
        #expect(text(await source.options().certificateAuthorityPEM) == "two")
        disk.set("/ca", nil)
        clock.advance(by: .seconds(300))
        _ = await source.options()
        #expect(disk.log.count == 3)
    }

    @Test("without files nothing is read again")
    func fixed() async throws {
        let source = try source(.init())
        clock.advance(by: .seconds(600))
        let options = await source.options()
        #expect(await !source.fail(options))
        #expect(options.serverName == "kept")
    }
}
