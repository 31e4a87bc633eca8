with members as (
    select
        m.school_year, m.state_id, m.lea_id, m.school_id, 'MEMBER' as table_name, s.raceethnic, s.sex,
        {{ permitted_value('GRADELVMEM') }} as gradelvmem, 1 as amount
    from {{ ref('fct_membership') }} as m
    inner join {{ ref('edfacts_student') }} as s on m.student_key = s.student_key and m.school_year = s.school_year
    {{ permitted_join('m', 'grade_level_code', 'GRADELVMEM') }}
    where m.authority = 'edfacts'
),

by_level as (
    {{- edfacts_by_level('members', ['state', 'lea', 'school']) }}
),

{{ edfacts_counts('FS052', 'by_level', ['gradelvmem', 'raceethnic', 'sex']) }}
