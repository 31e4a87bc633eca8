{{ learning_share('I34c', 'openslds', "s.content_focus_code in ('AdoptedCurriculum', 'LearningAgenda')",
    's.content_focus_code is not null') }}
