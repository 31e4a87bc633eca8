{{ discipline_figures('I16x', 'openslds', 'case when expulsion_count > 0 then 1 else 0 end') }}
