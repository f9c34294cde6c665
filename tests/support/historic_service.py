"""Betfair's historic data service, for `loopback`: what was bought, options, files."""

import json
from urllib.parse import parse_qs, urlsplit

from identity_service import IdentityService
from loopback import Answer, Received


class HistoricService:
    """Serves files by name, and says what there is of them."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.identity = IdentityService()
        self.asked: list[Received] = []
        self.instead: dict[str, Answer] = {}

    def __call__(self, request: Received) -> Answer:
        """Answer a request."""
        if "/identity/" in request.path:
            return self.identity(request)
        self.asked.append(request)
        parts = urlsplit(request.path)
        operation = parts.path.rpartition("/")[2]
        if operation == "DownloadFile":
            name = parse_qs(parts.query)["filePath"][0]
            answer = Answer(self.files[name], content_type="application/octet-stream")
            return self.instead.get(name, answer)
        return self.instead.get(operation, Answer(json.dumps(self._answer(operation)).encode()))

    def _answer(self, operation: str) -> object:
        match operation:
            case "GetMyData":
                months = ("2017-03-01T00:00:00", "2017-04-01T00:00:00")
                return [{"sport": "Horse Racing", "plan": "Basic Plan", "forDate": each} for each in months]
            case "GetCollectionOptions":
                return {
                    "marketTypesCollection": [{"name": "PLACE", "count": 1}, {"name": "WIN", "count": 1}],
                    "countriesCollection": [{"name": "GB", "count": 2}],
                    "fileTypeCollection": [{"name": "M", "count": 2}],
                }
            case "GetAdvBasketDataSize":
                return {"totalSizeMB": 0.5, "fileCount": len(self.files)}
            case _:
                return list(self.files)
