import API
import Base
import HTTPServer
import Store
import Testing

@testable import Controller

