"""The course: lessons with exercises on data drawn for each student, and checks that name the error.

``lesson = opened(7, student="ana")`` gives a lesson: ``lesson.data`` is what was drawn for this student,
``lesson.check("7.2", answer)`` tells whether an answer is right or which error it is, ``lesson.hint("7.2")`` helps
in steps. The key is computed from the student's data when a check asks for it; it is stored nowhere.
"""

from retorno.course.desk import Lesson, opened

__all__ = ["Lesson", "opened"]
