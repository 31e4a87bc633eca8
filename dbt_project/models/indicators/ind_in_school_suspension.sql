{{ discipline_figures('I16i', 'openslds', 'case when in_school_suspension_count > 0 then 1 else 0 end') }}
