"""`heapwise query`: its language, and the answers."""

from heapwise.watch.store.query.answers import answer, answer_sql
from heapwise.watch.store.query.questions import Question, parse_question

__all__ = ["Question", "answer", "answer_sql", "parse_question"]
